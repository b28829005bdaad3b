/** Pages by the key of the row that the page before ended with: rows that come and go in between shift nothing. */
import { TrackerError } from '../../error.ts'
import { LIMITS } from '../../limits.ts'
import type { Page, Paged } from '../store.ts'
import { number, type Dialect, type Queries, type Row, type Value } from './database.ts'

interface Question<Item> {
  /** What is selected, without the ordering. */
  select: string
  from: string
  where: Condition[]
  /** Column that no two rows share, and by which they are ordered. */
  key: string
  descending?: boolean
  read: (row: Row) => Item
  /** Where the key is a number. */
  isNumber?: boolean
}

export interface Condition {
  sql: string
  values: Value[]
}

/** The key may be empty, the cursor never is. @throws TrackerError INVALID for a cursor that no page ended with */
export async function readPage<Item>(queries: Queries, page: Page, question: Question<Item>): Promise<Paged<Item>> {
  const { select, from, where, key, descending = false, read, isNumber = false } = question
  const limit = Math.max(1, Math.min(page.limit, LIMITS.pageRowsMax))
  const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor, isNumber)
  const bounded =
    after === undefined ? where : [...where, { sql: `${key} ${descending ? '<' : '>'} ?`, values: [after] }]
  const rows = await queries.all(
    `SELECT ${select}, ${key} AS page_key FROM ${from} ${whereOf(bounded)} ORDER BY ${key} ${descending ? 'DESC' : 'ASC'} LIMIT ?`,
    [...valuesIn(bounded), limit + 1],
  )
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const cursor = rows.length > limit && last !== undefined ? { cursor: encodeCursor(last['page_key'] ?? null) } : {}
  // Where all fit on the first page, they are counted already.
  const isAll = after === undefined && rows.length <= limit
  return { rows: shown.map(read), total: isAll ? rows.length : await countAll(queries, question), ...cursor }
}

async function countAll(queries: Queries, { from, where }: Pick<Question<unknown>, 'from' | 'where'>): Promise<number> {
  const [row] = await queries.all(`SELECT count(*) AS n FROM ${from} ${whereOf(where)}`, valuesIn(where))
  return number(row, 'n')
}

export function whereOf(conditions: readonly Condition[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`
}

export function valuesIn(conditions: readonly Condition[]): Value[] {
  return conditions.flatMap(({ values }) => values)
}

/** A condition for what is given, and none for what is not. */
export function equal(column: string, value: string | number | undefined): Condition[] {
  return value === undefined ? [] : [{ sql: `${column} = ?`, values: [value] }]
}

/** Found anywhere in one of them, whatever the case. To make all of it small first would take twice as long. */
export function contains(columns: readonly string[], text: string | undefined, dialect: Dialect): Condition[] {
  if (text === undefined || text === '') return []
  const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const like = dialect === 'sqlite' ? 'LIKE' : 'ILIKE'
  const each = columns.map((column) => String.raw`${column} ${like} ? ESCAPE '\'`)
  return [{ sql: `(${each.join(' OR ')})`, values: columns.map(() => pattern) }]
}

function encodeCursor(key: Value): string {
  return `.${Buffer.from(String(key)).toString('base64url')}`
}

function decodeCursor(cursor: string, isNumber: boolean): Value {
  const text = Buffer.from(cursor.slice(1), 'base64url').toString()
  const isKnown = cursor.startsWith('.') && cursor.length <= LIMITS.cursorCharactersMax && !text.includes('\0')
  if (!isKnown || (isNumber && !Number.isSafeInteger(Number(text)))) {
    throw new TrackerError('INVALID', 'no page ended with this cursor', { fix: 'begin with the first page again' })
  }
  return isNumber ? Number(text) : text
}
