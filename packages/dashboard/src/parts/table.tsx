import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  name: string
  /** Of numbers: to the right, under one another. */
  isNumber?: boolean
  /** Never broken into lines. */
  isShort?: boolean
  /** On a telephone, where each row is a block of two columns: over both. */
  isWide?: boolean
  cell: (row: Row) => ComponentChildren
}

/** The first column names the row. */
export function Table<Row>(props: {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string | number
  empty?: string
  /** Each cell is of two things alike: never taken apart into blocks. */
  isMatrix?: boolean
}) {
  const { caption, columns, rows, keyOf, empty = 'Nothing yet.', isMatrix = false } = props
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    // A region that scrolls must be reached by keyboard, too.
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      {/* Roles as they are anyway: a table that is laid out as blocks would lose them in some browsers. */}
      <table role="table" class={isMatrix ? 'matrix' : undefined}>
        <caption class="hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ name, isNumber }) => (
              <th key={name} role="columnheader" scope="col" class={isNumber === true ? 'number' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map((column, at) =>
                at === 0 ? (
                  <th key={column.name} role="rowheader" scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.name} role="cell" class={classOf(column)} data-name={column.name}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf<Row>({ isNumber, isShort, isWide }: Column<Row>): string {
  return [isNumber && 'number', isShort && 'short', isWide && 'wide'].filter(Boolean).join(' ')
}
