/** Commands on the store of a tracker itself, for who is at its machine: no tracker need run, and nobody needs a token. */
import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import { TrackerError } from '../error.ts'
import type { Store } from '../store/store.ts'
import { openConfiguredStore, storeFile } from './store.ts'

export interface StoreFlags {
  stateDir?: string
  database?: string
  databasePasswordFile?: string
  json?: boolean
}

/** Who is at the keyboard of the tracker's machine, in the audit log. */
export const CONSOLE = 'console'

export function addStoreOptions(command: Command): Command {
  return command
    .option('--state-dir <dir>', "the running tracker's --state-dir")
    .option('--database <url>', 'or its --database')
    .option('--database-password-file <file>', 'and the password of that')
    .option('--json', 'one JSON document on stdout')
}

export async function openExisting(flags: StoreFlags): Promise<Store> {
  const { stateDir, database } = flags
  if (database === undefined && (stateDir === undefined || !existsSync(storeFile(stateDir)))) {
    throw new TrackerError('NOT_FOUND', `${stateDir ?? 'nowhere'} is not the state of a tracker`, {
      fix: 'give the --state-dir, or the --database, of a `shoal-tracker run`; run it once before',
    })
  }
  const store = await openConfiguredStore(flags)
  if (store === undefined) throw new Error('a store that is configured was not opened')
  return store
}

export async function note(store: Store, action: string, subject: string, text: string): Promise<void> {
  await store.addAudit({ atMs: Date.now(), by: CONSOLE, action, subject, text })
}
