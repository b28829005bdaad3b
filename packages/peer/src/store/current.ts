import { parseReleaseId, type ReleaseId } from '@shoal/release'
import { basename, join } from 'node:path'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { readWhole, syncFolder, writeAtomic } from './atomic-file.ts'
import type { Disk } from './disk.ts'
import { absentOk, isErrno } from './disk-error.ts'
import type { Layout } from './layout.ts'

/** The installed release that `current` leads to. */
export async function readCurrent(disk: Disk, layout: Layout): Promise<ReleaseId | undefined> {
  try {
    const target = await absentOk(disk.readlink(layout.current))
    const id = parseId(basename(target ?? ''))
    if (id === undefined || target !== join('releases', id)) return undefined
    return (await absentOk(disk.lstat(layout.release(id)))) === undefined ? undefined : id
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error
    throw new PeerError('STORE_CORRUPT', `${layout.current} is not a symlink that shoal made; move it away`, {
      cause: error,
    })
  }
}

/** Releases in the order of their activation, the latest first. */
export async function readHistory(disk: Disk, layout: Layout): Promise<ReleaseId[]> {
  const bytes = await readWhole(disk, layout.history, LIMITS.historyReleasesMax * 64)
  const lines = bytes === undefined ? [] : new TextDecoder().decode(bytes).split('\n')
  return lines.map(parseId).filter((id) => id !== undefined)
}

/**
 * One rename flips `current`, so that it leads to the old release or to the new one at every moment. The history is written before:
 * killed in between, it names the new release a step early, which changes nothing about which others are remembered.
 */
export async function flipCurrent(disk: Disk, layout: Layout, id: ReleaseId): Promise<void> {
  const before = [await readCurrent(disk, layout), ...(await readHistory(disk, layout))].filter(
    (other) => other !== undefined,
  )
  const history = [...new Set([id, ...before])].slice(0, LIMITS.historyReleasesMax)
  const text = new TextEncoder().encode(history.join('\n'))
  await writeAtomic(disk, layout.scratch, layout.history, text, { durable: true })
  const aside = join(layout.scratch, 'current')
  await disk.remove(aside)
  await disk.symlink(join('releases', id), aside)
  await disk.rename(aside, layout.current)
  await syncFolder(disk, layout.out)
}

/** A name that is no release's id is not ours. */
export function parseId(name: string): ReleaseId | undefined {
  try {
    return parseReleaseId(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ID_INVALID') return undefined
    throw error
  }
}
