import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { systemCode } from '../error.ts'
import { LEFTOVER_AGE_MS } from '../limits.ts'

/** Where unfinished files lie; hidden, so that no server hands them out. */
export const INCOMING = '.incoming'

// The name tells who writes the file: a later run removes what a dead process left.
const NAME = /^writing-(\d+)-(.*)-[0-9a-f]{8}-[0-9a-f-]{27}$/

export function temporaryIn(folder: string): string {
  return join(folder, `writing-${process.pid}-${hostname()}-${randomUUID()}`)
}

export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid, host] = NAME.exec(name) ?? []
    if (pid === undefined) continue
    const file = join(folder, name)
    const isLeftover = host === hostname() ? !isAlive(Number(pid)) : await isOld(file)
    if (isLeftover) await rm(file, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

async function isOld(file: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(file)).mtimeMs > LEFTOVER_AGE_MS
  } catch (error) {
    // Finished by its owner in between.
    if (systemCode(error) === 'ENOENT') return false
    throw error
  }
}
