/** How far the devices of each ring are, as the engine's gate and the dashboard count them. */
import { NO_TOTALS, type RingTotals, type Rollout } from '../../rollout/rollout.ts'
import { number, text, type Queries, type Row, type Value } from './database.ts'

export async function readRingTotals(queries: Queries, rollout: Rollout, nowMs: number): Promise<RingTotals[]> {
  const { id, rings, timeoutSeconds } = rollout
  const rows = await queries.all(
    `SELECT ring, count(*) AS target, ${COUNTS}, ${countOf(TIMED_OUT)} AS timed_out
     FROM progress WHERE rollout = ? AND ring IS NOT NULL GROUP BY ring`,
    [nowMs - timeoutSeconds * 1_000, id],
  )
  const codes = await queries.all(
    `SELECT ring, code, count(*) AS n FROM progress WHERE rollout = ? AND ring IS NOT NULL AND code IS NOT NULL
     GROUP BY ring, code ORDER BY code`,
    [id],
  )
  const totals: RingTotals[] = []
  for (const ring of rings.keys()) {
    const row = rows.find((each) => number(each, 'ring') === ring)
    if (row === undefined) {
      totals.push(NO_TOTALS)
      continue
    }
    const own = codes.filter((each) => number(each, 'ring') === ring)
    const silent = await countSilent(queries, rollout, ring, nowMs)
    totals.push({
      ...readCounts(row),
      silent,
      codes: Object.fromEntries(own.map((each) => [text(each, 'code'), number(each, 'n')])),
    })
  }
  return totals
}

const countOf = (condition: string): string => `sum(CASE WHEN ${condition} THEN 1 ELSE 0 END)`

const COUNTS = Object.entries({
  began: 'reached >= 1',
  downloaded: 'reached >= 2',
  activated: 'reached >= 3',
  healthy: 'reached >= 4 AND code IS NULL',
  failed: 'code IS NOT NULL',
  returned: "state = 'returned'",
})
  .map(([name, condition]) => `${countOf(condition)} AS ${name}`)
  .join(', ')

const TIMED_OUT = "state IN ('began', 'downloaded', 'activated') AND code IS NULL AND since_ms < ?"

function readCounts(row: Row): Omit<RingTotals, 'silent' | 'codes'> {
  return {
    target: number(row, 'target'),
    began: number(row, 'began'),
    downloaded: number(row, 'downloaded'),
    activated: number(row, 'activated'),
    healthy: number(row, 'healthy'),
    failed: number(row, 'failed'),
    returned: number(row, 'returned'),
    timedOut: number(row, 'timed_out'),
  }
}

/** Of an open ring: those that should have begun by now and told nothing of it. A device's own moment within the spread is left to it. */
async function countSilent(
  queries: Queries,
  { id, openedAtMs, spreadSeconds, gate }: Rollout,
  ring: number,
  nowMs: number,
): Promise<RingTotals['silent']> {
  const opened = openedAtMs[ring]
  const silentBefore = nowMs - gate.silentAfterSeconds * 1_000
  if (opened === undefined || opened + spreadSeconds * 1_000 > silentBefore) return { offline: 0, online: 0 }
  const values: Value[] = [silentBefore, silentBefore, id, ring]
  const [row] = await queries.all(
    `SELECT ${countOf('d.heard_ms <= ?')} AS offline, ${countOf('d.heard_ms > ?')} AS online
     FROM progress p JOIN devices d ON d.id = p.device WHERE p.rollout = ? AND p.ring = ? AND p.state = 'waiting'`,
    values,
  )
  return { offline: number(row, 'offline'), online: number(row, 'online') }
}
