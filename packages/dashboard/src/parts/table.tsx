import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  name: string
  /** Of numbers: to the right, under one another. */
  isNumber?: boolean
  /** Never broken into lines. */
  isShort?: boolean
  cell: (row: Row) => ComponentChildren
}

/** The first column names the row. */
export function Table<Row>(props: {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string | number
  empty?: string
}) {
  const { caption, columns, rows, keyOf, empty = 'Nothing yet.' } = props
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    // A region that scrolls must be reached by keyboard, too.
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ name, isNumber }) => (
              <th key={name} scope="col" class={isNumber === true ? 'number' : undefined}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, isNumber, isShort, cell }, at) =>
                at === 0 ? (
                  <th key={name} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={name} class={isNumber === true ? 'number' : isShort === true ? 'short' : undefined}>
                    {cell(row)}
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
