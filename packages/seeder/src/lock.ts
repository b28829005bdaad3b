import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from './error.ts'
import { LOCK_POLL_MS } from './limits.ts'

// SQLite's file lock is the one that Node offers whose owner the system knows: kill -9 frees it, and no pid is guessed at.

const SQLITE_BUSY = 5

/** Takes an exclusive lock that ends with `dispose` or with the process; undefined when another process holds it. */
export function takeLock(file: string): Disposable | undefined {
  const database = new DatabaseSync(file)
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return {
    [Symbol.dispose]: () => {
      database.close()
    },
  }
}

/** The same, but waits for the other process. */
export async function waitForLock(file: string, waitMs: number): Promise<Disposable | undefined> {
  for (let waitedMs = 0; ; waitedMs += LOCK_POLL_MS) {
    const lock = takeLock(file)
    if (lock !== undefined || waitedMs >= waitMs) return lock
    await sleep(LOCK_POLL_MS)
  }
}

function isBusy(error: unknown): boolean {
  return systemCode(error) === 'ERR_SQLITE_ERROR' && (error as { errcode?: number }).errcode === SQLITE_BUSY
}
