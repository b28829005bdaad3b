/**
 * What a tracker remembers of its members: tokens (hashed), who was let in, who was put out. One SQLite file that the running tracker
 * and the commands beside it share; each change is one transaction and on disk before it is answered.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import {
  CLOCK_TOLERANCE_SECONDS,
  REVOCATIONS_MAX,
  type Credential,
  type MemberRole,
  type Revoked,
} from '@shoal/release'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

/** What a token, or a credential, makes its holder. */
export interface Grant {
  site: string
  group: string
  role: MemberRole
}

export interface TokenRecord extends Grant {
  /** sha256 of the token's secret. */
  digest: Uint8Array
  /** sha256 of the root.json that it names. */
  root: Uint8Array
  usesMax: number
  /** Unix seconds, as all times here. */
  expires: number
}

export interface Member extends Grant {
  peer: string
  enrolled: number
  /** When its last credential expires. */
  expires: number
  revoked: number | undefined
}

export type Redeemed =
  { status: 'ok'; grant: Grant; root: Uint8Array } | { status: 'unknown' | 'used' | 'expired' | 'revoked' | 'full' }

/** What the running tracker tells the commands beside it. */
export interface Introduction {
  fleet: string
  root: Uint8Array
  rootDigest: Uint8Array
  trackers: string[]
}

export interface Ledger extends Disposable {
  introduce(introduction: Introduction): void
  /** The last tracker that ran on this ledger; undefined when none ever did. */
  introduction(): (Omit<Introduction, 'root' | 'rootDigest'> & { rootDigest: Uint8Array }) | undefined
  root(digest: Uint8Array): Uint8Array | undefined
  addToken(token: TokenRecord, now: number): void
  /** One use of a token, for one peer; the same peer may come again, for the answer may have been lost on its way. */
  redeem(digest: Uint8Array, peer: string, now: number, expires: number): Redeemed
  /** A credential that was issued to a member that may be unknown here. */
  record(credential: Credential): void
  members(): Member[]
  isRevoked(peer: string): boolean
  /** Puts a member out; false when it is no member here, or is out already. */
  revoke(peer: string, now: number): boolean
  /** Takes over what another tracker of the fleet has revoked. */
  adopt(sequence: number, revoked: readonly Revoked[], now: number): void
  /** Rises with every change of who is out; 0 before the first. */
  sequence(): number
  /** Those whose credentials have not expired yet, in the order of peers. */
  revocations(now: number): { sequence: number; revoked: Revoked[] }
}

const VERSION = 1
const TABLES = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value ANY) STRICT;
  CREATE TABLE IF NOT EXISTS roots (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS tokens (
    digest BLOB PRIMARY KEY, root BLOB NOT NULL, site TEXT NOT NULL, grp TEXT NOT NULL, role TEXT NOT NULL,
    usesMax INTEGER NOT NULL, expires INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS uses (
    digest BLOB NOT NULL REFERENCES tokens ON DELETE CASCADE, peer TEXT NOT NULL, PRIMARY KEY (digest, peer)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS members (
    peer TEXT PRIMARY KEY, site TEXT NOT NULL, grp TEXT NOT NULL, role TEXT NOT NULL,
    enrolled INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER
  ) STRICT;
`

/** Also of a peer that was never enrolled here. */
const PUT_OUT = `
  INSERT INTO members VALUES (?, '', '', 'device', ?, ?, ?)
  ON CONFLICT DO UPDATE SET expires = max(expires, excluded.expires), revoked = coalesce(revoked, excluded.revoked)
`

/**
 * @param file made when it does not exist, readable by nobody else
 * @throws TrackerError LEDGER_INVALID
 */
export function openLedger(file: string): Ledger {
  const db = openDatabase(file)
  const row = (sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined =>
    db.prepare(sql).get(...values)
  const run = (sql: string, ...values: SQLInputValue[]): number => Number(db.prepare(sql).run(...values).changes)
  const count = (table: 'tokens' | 'members'): number => row(`SELECT count(*) AS n FROM ${table}`)?.['n'] as number

  /** Nobody else writes between what it reads and what it writes. */
  function atomically<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
  }

  function sequence(): number {
    return (row("SELECT value FROM facts WHERE name = 'sequence'")?.['value'] as number | undefined) ?? 0
  }

  function setFact(name: string, value: SQLInputValue): void {
    run('INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', name, value)
  }

  function putMember(peer: string, { site, group, role }: Grant, now: number, expires: number): void {
    run(
      `INSERT INTO members VALUES (?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE
       SET site = excluded.site, grp = excluded.grp, role = excluded.role, expires = max(expires, excluded.expires)`,
      ...[peer, site, group, role, now, expires],
    )
  }

  function isRevoked(peer: string): boolean {
    return row('SELECT 1 FROM members WHERE peer = ? AND revoked IS NOT NULL', peer) !== undefined
  }

  function listed(now: number): Revoked[] {
    return db
      .prepare('SELECT peer, expires FROM members WHERE revoked IS NOT NULL AND expires > ? ORDER BY peer')
      .all(now - CLOCK_TOLERANCE_SECONDS)
      .map((each) => ({ peer: each['peer'] as string, until: each['expires'] as number }))
  }

  function redeem(digest: Uint8Array, peer: string, now: number, expires: number): Redeemed {
    const token = row('SELECT * FROM tokens WHERE digest = ?', digest)
    if (token === undefined) return { status: 'unknown' }
    if ((token['expires'] as number) <= now) return { status: 'expired' }
    if (isRevoked(peer)) return { status: 'revoked' }
    if (row('SELECT 1 FROM uses WHERE digest = ? AND peer = ?', digest, peer) === undefined) {
      const uses = row('SELECT count(*) AS n FROM uses WHERE digest = ?', digest)?.['n'] as number
      if (uses >= (token['usesMax'] as number)) return { status: 'used' }
      if (count('members') >= LIMITS.membersMax) run('DELETE FROM members WHERE revoked IS NULL AND expires <= ?', now)
      if (count('members') >= LIMITS.membersMax) return { status: 'full' }
      run('INSERT INTO uses VALUES (?, ?)', digest, peer)
    }
    const grant = readGrant(token)
    putMember(peer, grant, now, expires)
    return { status: 'ok', grant, root: token['root'] as Uint8Array }
  }

  return {
    introduce: ({ fleet, root, rootDigest, trackers }) =>
      atomically(() => {
        run('INSERT OR IGNORE INTO roots VALUES (?, ?)', rootDigest, root)
        setFact('fleet', fleet)
        setFact('root', rootDigest)
        setFact('trackers', JSON.stringify(trackers))
      }),
    introduction() {
      const fact = (name: string): unknown => row('SELECT value FROM facts WHERE name = ?', name)?.['value']
      const fleet = fact('fleet')
      if (fleet === undefined) return undefined
      const trackers = JSON.parse(fact('trackers') as string) as string[]
      return { fleet: fleet as string, rootDigest: fact('root') as Uint8Array, trackers }
    },
    root: (digest) => row('SELECT bytes FROM roots WHERE digest = ?', digest)?.['bytes'] as Uint8Array | undefined,
    addToken: ({ digest, root, site, group, role, usesMax, expires }, now) =>
      atomically(() => {
        run('DELETE FROM tokens WHERE expires <= ?', now)
        if (count('tokens') >= LIMITS.tokensMax) {
          throw new TrackerError('FULL', `there are ${LIMITS.tokensMax} tokens that have not expired`, {
            fix: 'wait until some expire, and give tokens a shorter --ttl',
          })
        }
        run('INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)', digest, root, site, group, role, usesMax, expires)
      }),
    redeem(digest, peer, now, expires) {
      // What a stranger turns in costs a look-up, and no lock.
      if (row('SELECT 1 FROM tokens WHERE digest = ?', digest) === undefined) return { status: 'unknown' }
      return atomically(() => redeem(digest, peer, now, expires))
    },
    record: ({ peer, site, group, role, issued, expires }) =>
      atomically(() => putMember(peer, { site, group, role }, issued, expires)),
    members: () => db.prepare('SELECT * FROM members ORDER BY enrolled, peer').all().map(readMember),
    isRevoked,
    revoke: (peer, now) =>
      atomically(() => {
        if (listed(now).length >= REVOCATIONS_MAX) {
          throw new TrackerError('FULL', `${REVOCATIONS_MAX} members are out whose credentials have not expired`, {
            fix: 'wait until some have expired; with a shorter --credential-days that is sooner',
          })
        }
        const done = run('UPDATE members SET revoked = ? WHERE peer = ? AND revoked IS NULL', now, peer) > 0
        if (done) setFact('sequence', sequence() + 1)
        return done
      }),
    adopt: (theirs, revoked, now) =>
      atomically(() => {
        const own = sequence()
        for (const { peer, until } of revoked) run(PUT_OUT, peer, now, until, now)
        if (theirs > own) setFact('sequence', theirs)
      }),
    sequence,
    revocations: (now) => atomically(() => ({ sequence: sequence(), revoked: listed(now) })),
    [Symbol.dispose]: () => db.close(),
  }
}

function openDatabase(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: LIMITS.ledgerBusyMs })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
    const version = db.prepare('PRAGMA user_version').get()?.['user_version'] as number
    if (version > VERSION) throw new Error(`it is of version ${version}, and this program knows ${VERSION}`)
    db.exec(TABLES)
    db.exec(`PRAGMA user_version = ${VERSION}`)
    return db
  } catch (cause) {
    db.close()
    throw new TrackerError('LEDGER_INVALID', `${file} cannot be read as a ledger: ${(cause as Error).message}`, {
      cause,
      fix: 'use the version of shoal-tracker that wrote it, or restore it from a backup',
    })
  }
}

function readGrant(row: Record<string, unknown>): Grant {
  return { site: row['site'] as string, group: row['grp'] as string, role: row['role'] as MemberRole }
}

function readMember(row: Record<string, unknown>): Member {
  const { peer, enrolled, expires, revoked } = row
  return {
    peer: peer as string,
    ...readGrant(row),
    enrolled: enrolled as number,
    expires: expires as number,
    revoked: (revoked as number | null) ?? undefined,
  }
}
