/** PostgreSQL by node-postgres, for fleets that one machine does not hold, and for several trackers on one database. */
import { DatabaseError, Pool, TypeOverrides, types, type PoolClient } from 'pg'
import { TrackerError } from '../../error.ts'
import { LIMITS } from '../../limits.ts'
import type { Database, Queries, Row, Value } from '../sql/database.ts'

export interface PostgresConfig {
  /** postgres://USER@HOST:PORT/NAME, or with a folder as host for a unix socket; without the password where there is one. */
  url: string
  password?: string
}

/** Counts and sums come as text, because they may exceed what a number holds exactly; none of these does. */
function numbers(): TypeOverrides {
  const own = new TypeOverrides()
  for (const type of [types.builtins.INT8, types.builtins.NUMERIC]) own.setTypeParser(type, Number)
  return own
}

/** @throws TrackerError CONFIG_INVALID; that nobody answers shows with the first query */
export function openPostgres({ url, password }: PostgresConfig): Database {
  const pool = new Pool({
    connectionString: checkUrl(url),
    ...(password === undefined ? {} : { password }),
    max: LIMITS.databaseConnectionsMax,
    connectionTimeoutMillis: LIMITS.databaseConnectMs,
    statement_timeout: LIMITS.databaseStatementMs,
    query_timeout: 2 * LIMITS.databaseStatementMs,
    application_name: 'shoal-tracker',
    types: numbers(),
  })
  // A connection that breaks while nobody uses it: the pool makes another one.
  pool.on('error', () => undefined)
  const queries = queriesOn((sql, values) => pool.query(sql, values))

  async function inTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(queriesOn((sql, values) => client.query(sql, values)))
      await client.query('COMMIT')
      return result
    } catch (error) {
      broken = await rollBack(client)
      throw error
    } finally {
      client.release(broken)
    }
  }

  return {
    dialect: 'postgres',
    all: (sql, values) => answered(queries.all(sql, values)),
    run: (sql, values) => answered(queries.run(sql, values)),
    transaction: async (work) => {
      for (let tried = 1; ; tried += 1) {
        try {
          return await answered(inTransaction(work))
        } catch (error) {
          if (!isInTheWay(error) || tried >= LIMITS.transactionTriesMax) throw error
        }
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

function checkUrl(url: string): string {
  if (/^postgres(ql)?:\/\//.test(url)) return url
  throw new TrackerError('CONFIG_INVALID', 'the database is not named by a postgres:// URL', {
    fix: 'write it as in postgres://shoal@db.example.com/shoal, with the password in a file',
  })
}

/** Undefined when the connection is good for the next one. */
async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK')
    return undefined
  } catch (error) {
    return error as Error
  }
}

type Send = (sql: string, values: Value[]) => Promise<{ rows: unknown[]; rowCount: number | null }>

function queriesOn(send: Send): Queries {
  return {
    async all(sql, values = []) {
      const { rows } = await send(numbered(sql), encoded(values))
      return rows as Row[]
    },
    async run(sql, values = []) {
      const { rowCount } = await send(numbered(sql), encoded(values))
      return rowCount ?? 0
    },
  }
}

/** `?` becomes `$1`, `$2`, …; no statement of ours has one in a text. */
function numbered(sql: string): string {
  let at = 0
  return sql.replaceAll('?', () => `$${(at += 1)}`)
}

/** The driver takes bytes as a Buffer only. */
function encoded(values: readonly Value[]): Value[] {
  return values.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value))
}

/** Another transaction had what this one wanted: serialization failure, deadlock. */
const IN_THE_WAY: readonly (string | undefined)[] = ['40001', '40P01']

function isInTheWay(error: unknown): boolean {
  return error instanceof DatabaseError && IN_THE_WAY.includes(error.code)
}

async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    if (!isAbsence(cause)) throw cause
    throw new TrackerError('STORE_UNAVAILABLE', `the database does not answer: ${(cause as Error).message}`, {
      cause,
      fix: 'see that PostgreSQL runs, can be reached from here, and that `database` and its password are right',
    })
  }
}

/** Not a statement that went wrong, but a connection: refused, broken, timed out, or the server is stopping. */
function isAbsence(error: unknown): boolean {
  if (error instanceof TrackerError) return false
  if (error instanceof DatabaseError) return /^(08|57|28|53|3D)/.test(error.code ?? '')
  const { code, message } = error as NodeJS.ErrnoException
  return code !== undefined ? /^E[A-Z]+$/.test(code) : /timeout|terminated|not queryable|ended/i.test(message)
}
