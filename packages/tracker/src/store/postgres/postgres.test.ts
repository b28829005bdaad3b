/** Against a real PostgreSQL, where one is installed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPostgres, startPostgres, type Postgres } from '../../fixture/postgres.ts'
import { describeStore } from '../../fixture/store-contract.ts'
import { openStore } from '../sql/store.ts'
import { openPostgres } from './database.ts'

const bin = findPostgres()

describe.skipIf(bin === undefined)(bin === undefined ? 'skipped: PostgreSQL is not installed' : 'PostgreSQL', () => {
  let postgres: Postgres
  beforeAll(async () => {
    postgres = await startPostgres(bin ?? '', { durable: false })
  }, 90_000)
  afterAll(() => postgres[Symbol.asyncDispose]())

  describeStore('a store in PostgreSQL', async () => {
    const url = await postgres.createDatabase()
    return { open: () => openStore(openPostgres({ url })), [Symbol.asyncDispose]: async () => undefined }
  })

  it('is brought to its schema by one of two trackers that start at once', async () => {
    const url = await postgres.createDatabase()
    const stores = await Promise.all([0, 1, 2].map(() => openStore(openPostgres({ url }))))
    expect(await Promise.all(stores.map((store) => store.channels()))).toEqual([[], [], []])
    for (const store of stores) await store[Symbol.asyncDispose]()
  })

  it('of a newer program is refused', async () => {
    const url = await postgres.createDatabase()
    const database = openPostgres({ url })
    await database.run('CREATE TABLE schema_steps (step INTEGER PRIMARY KEY)')
    await database.run('INSERT INTO schema_steps VALUES (99)')
    await expect(openStore(database)).rejects.toMatchObject({ code: 'STORE_INVALID' })
  })
})

it('says what to do when no PostgreSQL answers', async () => {
  const store = openStore(openPostgres({ url: 'postgres://shoal@127.0.0.1:1/none' }))
  await expect(store).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', fix: expect.stringContaining('PostgreSQL') })
})

it('refuses what is no URL of a database', () => {
  expect(() => openPostgres({ url: 'mysql://x' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
})
