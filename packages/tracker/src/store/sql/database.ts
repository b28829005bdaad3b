/** What the store's SQL runs on. Statements are written for both dialects: `?` for values, and nothing that only one of them has. */
export interface Database extends Queries, AsyncDisposable {
  readonly dialect: Dialect
  /** All or nothing, and durable when it resolves. `work` may run again, when the database says that another transaction was in its way. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>
}

export type Dialect = 'sqlite' | 'postgres'

export interface Queries {
  all(sql: string, values?: readonly Value[]): Promise<Row[]>
  /** How many rows were changed. */
  run(sql: string, values?: readonly Value[]): Promise<number>
}

export type Value = string | number | Uint8Array | null
/** Whole numbers come as numbers: nothing that is stored exceeds 2^53. */
export type Row = Record<string, Value>

/** `(?, ?), (?, ?)` for rows of a statement that writes several at once. */
export function valuesOf(rows: readonly (readonly Value[])[]): { placeholders: string; values: Value[] } {
  const width = rows[0]?.length ?? 0
  const row = `(${Array<string>(width).fill('?').join(', ')})`
  return { placeholders: Array<string>(rows.length).fill(row).join(', '), values: rows.flat() }
}

/** `(?, ?, ?)` for a list to look in. */
export function listOf(values: readonly Value[]): string {
  return `(${Array<string>(values.length).fill('?').join(', ')})`
}

export function number(row: Row | undefined, name: string): number {
  return Number(row?.[name] ?? 0)
}

export function text(row: Row, name: string): string {
  return String(row[name])
}

/** `{ [key]: value }`, or nothing where the column is null: absent and undefined are not the same to strict readers. */
export function optional<K extends string, V>(key: K, value: V | null | undefined): Partial<Record<K, V>> {
  return value === null || value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>)
}
