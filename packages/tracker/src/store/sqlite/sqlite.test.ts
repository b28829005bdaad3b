import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeStore } from '../../fixture/store-contract.ts'
import { openStore } from '../sql/store.ts'
import { openSqlite } from './database.ts'
import { openSqliteStore } from './open.ts'

describeStore('a store in SQLite', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'shoal-store-'))
  const file = join(dir, 'tracker.db')
  let isFirst = true
  return {
    open() {
      // What needs two needs threads: a transaction of the one waits for that of the other.
      if (!isFirst) return openSqliteStore(file)
      isFirst = false
      return openStore(openSqlite(file))
    },
    [Symbol.asyncDispose]: async () => rmSync(dir, { recursive: true }),
  }
})

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'shoal-store-'))
  file = join(dir, 'tracker.db')
})
afterEach(() => rmSync(dir, { recursive: true }))

it('keeps the file from everybody else', async () => {
  await using store = await openSqliteStore(file)
  expect([store.kind, statSync(file).mode & 0o777]).toEqual(['sqlite', 0o600])
})

it('refuses a file of a newer program, and leaves it as it is', async () => {
  await (await openSqliteStore(file))[Symbol.asyncDispose]()
  const db = new DatabaseSync(file)
  db.exec('INSERT INTO schema_steps VALUES (99)')
  db.close()
  await expect(openSqliteStore(file)).rejects.toMatchObject({ code: 'STORE_INVALID' })
})

it('refuses a file that is no database', async () => {
  writeFileSync(file, 'not a database, but long enough to be taken for the header of one; '.repeat(40))
  await expect(openSqliteStore(file)).rejects.toMatchObject({ code: 'STORE_INVALID' })
})
