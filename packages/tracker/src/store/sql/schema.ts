/** The tables, as numbered steps that are taken once each, in their order, and never changed afterwards. */
import { TrackerError } from '../../error.ts'
import type { Database, Dialect, Queries } from './database.ts'
import { number } from './database.ts'

/**
 * Each step is written in SQLite's types. `IDENTITY` stands for a key that numbers itself, `CLUSTERED` for a table that is kept in the order of
 * its key, where there is such a thing.
 */
const STEPS: readonly (readonly string[])[] = [
  [
    // `counter`: of the report that the facts are of; reports up to `floor` were forgotten, and are known. `placed`: its rings are those of its facts.
    `CREATE TABLE devices (
      id TEXT PRIMARY KEY, site TEXT NOT NULL, grp TEXT NOT NULL, labels TEXT NOT NULL, platform TEXT NOT NULL, agent TEXT NOT NULL,
      first_seen_ms INTEGER NOT NULL, reported_ms INTEGER NOT NULL, heard_ms INTEGER NOT NULL,
      counter INTEGER NOT NULL, floor INTEGER NOT NULL, placed INTEGER NOT NULL
    )`,
    'CREATE INDEX devices_by_site ON devices (site, id)',
    'CREATE INDEX devices_by_group ON devices (grp, id)',
    'CREATE INDEX devices_unplaced ON devices (id) WHERE placed = 0',
    // The last report about a channel, and `installed`: what the device has of it.
    `CREATE TABLE installs (
      device TEXT NOT NULL, product TEXT NOT NULL, channel TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL, code TEXT, rollout TEXT,
      since_ms INTEGER NOT NULL, counter INTEGER NOT NULL, installed TEXT, PRIMARY KEY (device, product, channel)
    ) CLUSTERED`,
    'CREATE INDEX installs_by_version ON installs (product, channel, installed, state)',
    `CREATE TABLE reports (
      device TEXT NOT NULL, counter INTEGER NOT NULL, at_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL, product TEXT NOT NULL, channel TEXT NOT NULL,
      version TEXT NOT NULL, rollout TEXT, state TEXT NOT NULL, code TEXT, bytes TEXT, PRIMARY KEY (device, counter)
    ) CLUSTERED`,
    'CREATE INDEX reports_by_age ON reports (received_ms)',
    // `placed_to`: devices up to this id have their ring; null when all have.
    `CREATE TABLE rollouts (
      id TEXT PRIMARY KEY, product TEXT NOT NULL, channel TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL, revision INTEGER NOT NULL,
      created_ms INTEGER NOT NULL, placed_to TEXT, document TEXT NOT NULL
    )`,
    "CREATE UNIQUE INDEX rollouts_open ON rollouts (product, channel) WHERE state IN ('running', 'paused')",
    'CREATE INDEX rollouts_by_age ON rollouts (created_ms, id)',
    // `reached`: 0 waiting, 1 began, 2 downloaded, 3 activated, 4 healthy. `ring` is null until the device is placed.
    `CREATE TABLE progress (
      rollout TEXT NOT NULL, device TEXT NOT NULL, ring INTEGER, state TEXT NOT NULL, reached INTEGER NOT NULL, code TEXT,
      began_ms INTEGER, since_ms INTEGER NOT NULL, counter INTEGER NOT NULL, PRIMARY KEY (rollout, device)
    ) CLUSTERED`,
    // With all that rings are counted by: counting reads nothing else.
    'CREATE INDEX progress_by_ring ON progress (rollout, ring, state, code, reached, since_ms)',
    'CREATE INDEX progress_by_device ON progress (device)',
    `CREATE TABLE rollout_pace (
      rollout TEXT NOT NULL, from_ms INTEGER NOT NULL, downloaded INTEGER NOT NULL, activated INTEGER NOT NULL, healthy INTEGER NOT NULL,
      failed INTEGER NOT NULL, PRIMARY KEY (rollout, from_ms)
    ) CLUSTERED`,
    `CREATE TABLE traffic_hours (
      hour_ms INTEGER NOT NULL, site TEXT NOT NULL, product TEXT NOT NULL, channel TEXT NOT NULL, total INTEGER NOT NULL, reused INTEGER NOT NULL,
      patched INTEGER NOT NULL, origin INTEGER NOT NULL, lan_peers INTEGER NOT NULL, wan_peers INTEGER NOT NULL, cache INTEGER NOT NULL,
      wasted INTEGER NOT NULL, PRIMARY KEY (hour_ms, site, product, channel)
    ) CLUSTERED`,
    `CREATE TABLE traffic_sites (
      site TEXT PRIMARY KEY, total INTEGER NOT NULL, reused INTEGER NOT NULL, patched INTEGER NOT NULL, origin INTEGER NOT NULL,
      lan_peers INTEGER NOT NULL, wan_peers INTEGER NOT NULL, cache INTEGER NOT NULL, wasted INTEGER NOT NULL
    )`,
    `CREATE TABLE channels (
      product TEXT NOT NULL, channel TEXT NOT NULL, revision INTEGER NOT NULL, last_rollout TEXT, document TEXT NOT NULL,
      PRIMARY KEY (product, channel)
    )`,
    'CREATE TABLE policies (version INTEGER PRIMARY KEY, expires_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL, document BLOB NOT NULL)',
    `CREATE TABLE audit (
      id IDENTITY, at_ms INTEGER NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, rollout TEXT, words TEXT NOT NULL
    )`,
    'CREATE INDEX audit_by_rollout ON audit (rollout, id)',
    `CREATE TABLE tokens (
      id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, created_ms INTEGER NOT NULL, created_by TEXT NOT NULL,
      expires_ms INTEGER, revoked_ms INTEGER, last_used_ms INTEGER
    )`,
  ],
  [
    'ALTER TABLE audit ADD COLUMN ring TEXT',
    "CREATE UNIQUE INDEX audit_announced ON audit (subject) WHERE action = 'metadata.announced'",
    // Its one row is locked by whoever adds to the audit, until that is committed.
    'CREATE TABLE audit_order (entries INTEGER NOT NULL)',
    'INSERT INTO audit_order VALUES (0)',
    // `holder`: the tracker that has it until `held_until_ms`.
    `CREATE TABLE webhooks (
      name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, document TEXT NOT NULL, holder TEXT NOT NULL, held_until_ms INTEGER NOT NULL,
      seen_ms INTEGER NOT NULL
    )`,
  ],
  [
    // `kind`: 0 from neighbours of the site that is named, 1 from those of further sites, 2 from the origin.
    `CREATE TABLE traffic_flows (
      site TEXT NOT NULL, kind INTEGER NOT NULL, from_site TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (site, kind, from_site)
    ) CLUSTERED`,
  ],
  [
    // What the doctor of a device found, by the report with this counter. Not with the devices: they are counted all the time, and this is long.
    `CREATE TABLE checkups (
      device TEXT PRIMARY KEY, counter INTEGER NOT NULL, at_ms INTEGER NOT NULL, checks TEXT NOT NULL
    )`,
  ],
]

/** Any number; it only has to be the same for all trackers. */
const LOCK = 7_071

/** Brings a database to the newest step. @throws TrackerError STORE_INVALID when it is of a newer program */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (queries) => {
    // Two trackers that start at once take their steps one after the other.
    if (database.dialect === 'postgres') await queries.all(`SELECT pg_advisory_xact_lock(${LOCK})`)
    await queries.run(translate('CREATE TABLE IF NOT EXISTS schema_steps (step INTEGER PRIMARY KEY)', database.dialect))
    const taken = number((await queries.all('SELECT max(step) AS step FROM schema_steps'))[0], 'step')
    if (taken > STEPS.length) {
      throw new TrackerError(
        'STORE_INVALID',
        `the database is of version ${taken}, and this program knows ${STEPS.length}`,
        {
          fix: 'use the version of shoal-tracker that wrote it, or restore a backup from before',
        },
      )
    }
    for (const [at, statements] of STEPS.entries())
      if (at >= taken) await take(queries, at + 1, statements, database.dialect)
  })
}

async function take(queries: Queries, step: number, statements: readonly string[], dialect: Dialect): Promise<void> {
  for (const statement of statements) await queries.run(translate(statement, dialect))
  await queries.run('INSERT INTO schema_steps VALUES (?)', [step])
}

function translate(statement: string, dialect: Dialect): string {
  if (dialect === 'sqlite') {
    const strict = /^CREATE TABLE/.test(statement) && !/CLUSTERED$/.test(statement) ? `${statement} STRICT` : statement
    return strict
      .replace('IDENTITY', 'INTEGER PRIMARY KEY AUTOINCREMENT')
      .replace(/CLUSTERED$/, 'STRICT, WITHOUT ROWID')
  }
  return (
    statement
      .replace('IDENTITY', 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY')
      .replaceAll('INTEGER', 'BIGINT')
      .replaceAll('BLOB', 'BYTEA')
      // By bytes, as SQLite compares: a page ends at the same row in both.
      .replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"')
      .replace(/CLUSTERED$/, '')
  )
}
