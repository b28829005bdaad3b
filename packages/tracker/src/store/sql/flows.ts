/** Sums of what went from site to site. Their number is bounded: whoever invents sites must not fill the disk. */
import { LIMITS } from '../../limits.ts'
import type { Flows } from '../store.ts'
import { listOf, number, text, valuesOf, type Queries, type Row, type Value } from './database.ts'
import { FLOW } from './fold.ts'
import { inParts } from './in-parts.ts'

/**
 * The same bytes, in rows that there is room for: what has none counts as from further sites.
 * @param rows site, kind, from, bytes; each pair once
 */
export async function withinPairs(queries: Queries, rows: readonly Value[][]): Promise<Value[][]> {
  const pairs = rows.filter(([, kind]) => kind === FLOW.site)
  if (pairs.length === 0) return [...rows]
  const known = await knownPairs(queries, pairs)
  const fresh = pairs.filter((row) => !known.has(nameOf(row)))
  if (fresh.length === 0) return [...rows]
  const [counted] = await queries.all('SELECT count(*) AS n FROM traffic_flows WHERE kind = ?', [FLOW.site])
  const excess = fresh.slice(Math.max(0, LIMITS.flowPairsMax - number(counted, 'n')))
  return excess.length === 0 ? [...rows] : merged(rows, new Set(excess))
}

async function knownPairs(queries: Queries, pairs: readonly Value[][]): Promise<Set<string>> {
  const known = new Set<string>()
  for (const some of inParts(pairs)) {
    const { placeholders, values } = valuesOf(some.map(([site = '', , from = '']) => [site, from]))
    const rows = await queries.all(
      `SELECT site, from_site FROM traffic_flows WHERE kind = ${FLOW.site} AND (site, from_site) IN (VALUES ${placeholders})`,
      values,
    )
    for (const row of rows) known.add(nameOf([text(row, 'site'), FLOW.site, text(row, 'from_site')]))
  }
  return known
}

function nameOf([site, , from]: readonly Value[]): string {
  return `${String(site)} ${String(from)}`
}

function merged(rows: readonly Value[][], excess: ReadonlySet<Value[]>): Value[][] {
  const further = new Map<Value, number>()
  const kept = rows.filter((row) => {
    const [site = '', kind, , bytes] = row
    if (!excess.has(row) && kind !== FLOW.further) return true
    further.set(site, (further.get(site) ?? 0) + Number(bytes))
    return false
  })
  return [...kept, ...[...further].map(([site, bytes]): Value[] => [site, FLOW.further, '', bytes])].sort(inOrder)
}

/** Of their keys, as all tables are written. */
function inOrder(a: readonly Value[], b: readonly Value[]): number {
  return a.slice(0, 3).join(' ') < b.slice(0, 3).join(' ') ? -1 : 1
}

/** Of each of the sites, where what arrived there came from. */
export async function readFlows(queries: Queries, sites: readonly string[]): Promise<Map<string, Flows>> {
  if (sites.length === 0) return new Map()
  const rows = await queries.all(
    `SELECT site, kind, from_site, bytes, place, total FROM (
       SELECT site, kind, from_site, bytes, row_number() OVER (PARTITION BY site, kind ORDER BY bytes DESC, from_site) AS place,
         sum(1.0 * bytes) OVER (PARTITION BY site, kind) AS total
       FROM traffic_flows WHERE site IN ${listOf(sites)}) each_flow
     WHERE place <= ? ORDER BY site, kind, place`,
    [...sites, LIMITS.flowsShownMax],
  )
  return new Map([...Map.groupBy(rows, (row) => text(row, 'site'))].map(([site, own]) => [site, flowsFrom(own)]))
}

export const NO_FLOWS: Flows = { sites: [], further: 0, origin: 0 }

function flowsFrom(rows: readonly Row[]): Flows {
  const of = (kind: number): readonly Row[] => rows.filter((row) => number(row, 'kind') === kind)
  const named = of(FLOW.site).map((row) => ({ site: text(row, 'from_site'), bytes: number(row, 'bytes') }))
  const shown = named.reduce((sum, { bytes }) => sum + bytes, 0)
  const beyond = Math.max(0, number(of(FLOW.site)[0], 'total') - shown)
  return {
    sites: named,
    further: beyond + number(of(FLOW.further)[0], 'bytes'),
    origin: number(of(FLOW.origin)[0], 'bytes'),
  }
}
