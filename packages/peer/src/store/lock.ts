/**
 * One process per install root. The lock is SQLite's on an empty database file: the kernel gives it up with the process, so that kill -9
 * leaves nothing to clean up, no process id is ever mistaken for another's, and two starters cannot both take over. Who holds it
 * stands beside it, for the message only.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PeerError } from '../error.ts'
import { describeError, isErrno } from './disk-error.ts'

const SQLITE_BUSY = 5
const SQLITE_NOT_A_DATABASE = 26

export function lockFolder(meta: string, out: string): Disposable {
  const file = join(meta, 'lock')
  const database = new DatabaseSync(file)
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw explain(cause, meta, out)
  }
  try {
    writeFileSync(join(meta, 'pid'), `${process.pid}\n`)
  } catch (cause) {
    database.close()
    throw describeError(join(meta, 'pid'), cause)
  }
  return {
    [Symbol.dispose]() {
      if (database.isOpen) database.close()
    },
  }
}

function explain(cause: unknown, meta: string, out: string): unknown {
  if (!(cause instanceof Error) || !('errcode' in cause)) return cause
  if (cause.errcode === SQLITE_BUSY) {
    const text = `${out} is in use by another shoal-peer (process ${holder(meta)}); stop it, talk to it with "shoal-peer status", or choose another folder`
    return new PeerError('STORE_LOCKED', text, { cause })
  }
  if (cause.errcode === SQLITE_NOT_A_DATABASE) {
    return new PeerError('STORE_CORRUPT', `${join(meta, 'lock')} is not a lock file of shoal; remove it`, { cause })
  }
  return cause
}

function holder(meta: string): string {
  try {
    return readFileSync(join(meta, 'pid'), 'utf8').trim() || 'unknown'
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'unknown'
    throw error
  }
}
