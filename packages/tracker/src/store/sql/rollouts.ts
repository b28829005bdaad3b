/** Rollouts, channels and policies: read as they were written, and changed only from the revision that the change was made from. */
import type { Channel } from '../../rollout/channel.ts'
import type { Rollout } from '../../rollout/rollout.ts'
import type { Change, Pace, RolloutStore, StoredChannel, StoredPolicy } from '../store.ts'
import { addAudit } from './audit.ts'
import { listOf, number, text, type Database, type Queries, type Row } from './database.ts'
import { equal, readPage } from './page.ts'
import { isPlaced, placeSome } from './place.ts'
import { readRingTotals } from './totals.ts'

export function rolloutStore(database: Database): RolloutStore {
  return {
    rollouts: ({ product, channel, state }, page) =>
      readPage(database, page, {
        select: 'document',
        from: 'rollouts',
        where: [
          ...[...equal('product', product), ...equal('channel', channel)],
          ...(state === undefined ? [] : [{ sql: `state IN ${listOf(state)}`, values: [...state] }]),
        ],
        // The id makes it unique, the time makes it the newest first: thirteen digits until the year 2286.
        key: "created_ms || ' ' || id",
        descending: true,
        read: readRollout,
      }),
    async rollout(id) {
      const [row] = await database.all('SELECT document FROM rollouts WHERE id = ?', [id])
      return row === undefined ? undefined : readRollout(row)
    },
    async ringTotals(id, nowMs) {
      const [row] = await database.all('SELECT document FROM rollouts WHERE id = ?', [id])
      return row === undefined ? [] : await readRingTotals(database, readRollout(row), nowMs)
    },
    async rolloutPace(id) {
      const rows = await database.all('SELECT * FROM rollout_pace WHERE rollout = ? ORDER BY from_ms', [id])
      return rows.map(readPace)
    },
    placeDevices: async () => (await isPlaced(database)) || (await database.transaction(placeSome)),
    async channels() {
      const rows = await database.all('SELECT * FROM channels ORDER BY product, channel')
      return rows.map(readChannel)
    },
    async channelStates() {
      const rows = await database.all(
        `SELECT c.document, c.revision, r.document AS last FROM channels c LEFT JOIN rollouts r ON r.id = c.last_rollout
         ORDER BY c.product, c.channel`,
      )
      return rows.map((row) => {
        const last = row['last'] as string | null
        return { channel: readChannel(row), last: last === null ? undefined : (JSON.parse(last) as Rollout) }
      })
    },
    async policy() {
      const [row] = await database.all('SELECT * FROM policies ORDER BY version DESC LIMIT 1')
      return row === undefined
        ? undefined
        : { ...readPolicy(row), document: new Uint8Array(row['document'] as Uint8Array) }
    },
    policies: (page) =>
      readPage(database, page, {
        select: 'version, expires_ms, created_ms',
        from: 'policies',
        where: [],
        key: 'version',
        descending: true,
        isNumber: true,
        read: readPolicy,
      }),
    async change(change) {
      try {
        await database.transaction((queries) => apply(queries, change))
        return 'changed'
      } catch (error) {
        if (error instanceof Conflict) return 'conflict'
        throw error
      }
    },
  }
}

/** Takes the transaction back; never seen outside. */
class Conflict extends Error {}

async function apply(queries: Queries, { rollouts = [], channels = [], policy, audit }: Change): Promise<void> {
  // What ends makes room for what begins: a channel has one open rollout at most.
  for (const { next, from, placesAnew = false } of [...rollouts].sort(
    (a, b) => Number(a.from === undefined) - Number(b.from === undefined),
  )) {
    expectOne(await (from === undefined ? addRollout(queries, next) : saveRollout(queries, next, from)))
    if (placesAnew) await queries.run(`UPDATE rollouts SET placed_to = '' WHERE id = ?`, [next.id])
  }
  for (const { next, from } of channels) {
    const { revision, ...channel } = next
    const values = [revision, channel.rollout ?? null, JSON.stringify(channel)]
    const key = [channel.product, channel.channel]
    expectOne(
      from === undefined
        ? await queries.run(
            `INSERT INTO channels (product, channel, revision, last_rollout, document) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING`,
            [...key, ...values],
          )
        : await queries.run(
            `UPDATE channels SET revision = ?, last_rollout = ?, document = ?
             WHERE product = ? AND channel = ? AND revision = ?`,
            [...values, ...key, from],
          ),
    )
  }
  if (policy !== undefined) await addPolicy(queries, policy)
  for (const entry of audit) await addAudit(queries, entry)
}

function expectOne(changes: number): void {
  if (changes !== 1) throw new Conflict()
}

async function addRollout(queries: Queries, rollout: Rollout): Promise<number> {
  const { id, product, channel, version, state, revision, createdAtMs } = rollout
  return await queries.run(
    `INSERT INTO rollouts (id, product, channel, version, state, revision, created_ms, placed_to, document)
     VALUES (?, ?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT DO NOTHING`,
    [id, product, channel, version, state, revision, createdAtMs, JSON.stringify(rollout)],
  )
}

async function saveRollout(queries: Queries, rollout: Rollout, from: number): Promise<number> {
  const { id, state, revision } = rollout
  return await queries.run('UPDATE rollouts SET state = ?, revision = ?, document = ? WHERE id = ? AND revision = ?', [
    ...[state, revision, JSON.stringify(rollout)],
    ...[id, from],
  ])
}

async function addPolicy(queries: Queries, { version, expiresMs, createdMs, document }: StoredPolicy): Promise<void> {
  const [newest] = await queries.all('SELECT version FROM policies ORDER BY version DESC LIMIT 1')
  if (newest !== undefined && number(newest, 'version') !== version - 1) throw new Conflict()
  expectOne(
    await queries.run('INSERT INTO policies VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', [
      ...[version, expiresMs, createdMs],
      document,
    ]),
  )
}

function readRollout(row: Row): Rollout {
  return JSON.parse(text(row, 'document')) as Rollout
}

function readChannel(row: Row): StoredChannel {
  return { ...(JSON.parse(text(row, 'document')) as Channel), revision: number(row, 'revision') }
}

function readPolicy(row: Row): Omit<StoredPolicy, 'document'> {
  const [version, expiresMs, createdMs] = [number(row, 'version'), number(row, 'expires_ms'), number(row, 'created_ms')]
  return { version, expiresMs, createdMs }
}

function readPace(row: Row): Pace {
  return {
    fromMs: number(row, 'from_ms'),
    downloaded: number(row, 'downloaded'),
    activated: number(row, 'activated'),
    healthy: number(row, 'healthy'),
    failed: number(row, 'failed'),
  }
}
