import { LIMITS } from '../../limits.ts'

/** What one statement takes: databases bound how many values that may be. */
export function inParts<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / LIMITS.statementRowsMax) }, (_, at) =>
    rows.slice(at * LIMITS.statementRowsMax, (at + 1) * LIMITS.statementRowsMax),
  )
}
