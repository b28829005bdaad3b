/** SQLite by node:sqlite. What is committed is on disk. Calls are synchronous inside, so nothing comes between a transaction's statements. */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { TrackerError } from '../../error.ts'
import { LIMITS } from '../../limits.ts'
import type { Database, Queries, Row, Value } from '../sql/database.ts'

/**
 * @param file made when it does not exist, readable by nobody else
 * @throws TrackerError STORE_INVALID
 */
export function openSqlite(file: string): Database {
  const db = open(file)
  const statements = new Map<string, StatementSync>()

  /** Statements are few, except for those that write several rows at once. */
  function prepare(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const oldest = statements.size >= LIMITS.statementsMax ? statements.keys().next().value : undefined
    if (oldest !== undefined) statements.delete(oldest)
    const statement = db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }

  const queries: Queries = {
    all: async (sql, values = []) => prepare(sql).all(...(values as Value[])) as Row[],
    run: async (sql, values = []) => Number(prepare(sql).run(...(values as Value[])).changes),
  }

  /** One after the other: what is asked for meanwhile waits for the end of the transaction. */
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work, work)
    turn = done.catch(() => undefined)
    return done
  }

  return {
    dialect: 'sqlite',
    all: (sql, values) => inTurn(() => queries.all(sql, values)),
    run: (sql, values) => inTurn(() => queries.run(sql, values)),
    transaction: (work) =>
      inTurn(async () => {
        db.exec('BEGIN IMMEDIATE')
        try {
          const result = await work(queries)
          db.exec('COMMIT')
          return result
        } catch (error) {
          if (db.isTransaction) db.exec('ROLLBACK')
          throw error
        }
      }),
    [Symbol.asyncDispose]: () => inTurn(async () => db.close()),
  }
}

function open(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file, { timeout: LIMITS.ledgerBusyMs })
  try {
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;',
    )
    return db
  } catch (cause) {
    db.close()
    throw new TrackerError('STORE_INVALID', `${file} cannot be read as a database: ${(cause as Error).message}`, {
      cause,
      fix: 'restore it from a backup, or move it away to begin with an empty one',
    })
  }
}
