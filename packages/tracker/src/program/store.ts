/** Which store a tracker has: PostgreSQL where it is told of one, a file in its state folder otherwise, none without such a folder. */
import { mkdir, open } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { openPostgres } from '../store/postgres/database.ts'
import { openStore } from '../store/sql/store.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'

interface StoreSettings {
  stateDir?: string | undefined
  /** postgres://… */
  database?: string | undefined
  databasePasswordFile?: string | undefined
}

/** @throws TrackerError CONFIG_INVALID, STORE_INVALID, STORE_UNAVAILABLE */
export async function openConfiguredStore(settings: StoreSettings): Promise<Store | undefined> {
  const { stateDir, database, databasePasswordFile } = settings
  if (database !== undefined) {
    const password = databasePasswordFile === undefined ? undefined : await readPassword(databasePasswordFile)
    return await openStore(openPostgres({ url: database, ...(password === undefined ? {} : { password }) }))
  }
  if (stateDir === undefined) return undefined
  await mkdir(resolve(stateDir), { recursive: true, mode: 0o700 })
  return await openSqliteStore(storeFile(stateDir))
}

export function storeFile(stateDir: string): string {
  return join(resolve(stateDir), 'tracker.db')
}

async function readPassword(file: string): Promise<string> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  if (size > LIMITS.databasePasswordBytesMax) {
    throw new TrackerError('CONFIG_INVALID', `${file} is too large for a password`, {
      fix: 'check --database-password-file',
    })
  }
  return (await handle.readFile('utf8')).replace(/\r?\n$/, '')
}
