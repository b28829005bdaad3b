/** How far the devices of each ring are, as the engine's gate and the dashboard count them. */
import { NO_TOTALS, type RingTotals, type Rollout } from '../../rollout/rollout.ts'
import { lateByMs, silentFromMs } from '../../rollout/silence.ts'
import { lastOpenMs } from '../../rollout/last-open.ts'
import { number, text, type Queries, type Row } from './database.ts'

export async function readRingTotals(queries: Queries, rollout: Rollout, nowMs: number): Promise<RingTotals[]> {
  const { id, rings, windows } = rollout
  const lateMs = lateByMs(rollout, nowMs)
  const rows = await queries.all(
    `SELECT ring, count(*) AS target, ${COUNTS}, ${countOf(TIMED_OUT)} AS timed_out
     FROM progress WHERE rollout = ? AND ring IS NOT NULL GROUP BY ring`,
    [lateMs, Math.max(lastOpenMs(windows, lateMs), 0), id],
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
    const silent = await countSilent(queries, rollout, ring, number(row, 'waiting'), nowMs)
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
  waiting: "state = 'waiting'",
})
  .map(([name, condition]) => `${countOf(condition)} AS ${name}`)
  .join(', ')

/** What is downloaded waits for a window, and its time runs from there. */
const TIMED_OUT =
  "code IS NULL AND (state IN ('began', 'activated') AND since_ms <= ? OR state = 'downloaded' AND since_ms <= ?)"

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

/** Of an open ring: those that have not begun. Who is not heard of at all is not waited for; who is heard of, is for a while. */
async function countSilent(
  queries: Queries,
  rollout: Rollout,
  ring: number,
  waiting: number,
  nowMs: number,
): Promise<RingTotals['silent']> {
  if (rollout.openedAtMs[ring] === undefined || waiting === 0) return { offline: 0, online: 0 }
  const silentSinceMs = nowMs - rollout.gate.silentAfterSeconds * 1_000
  const [row] = await queries.all(
    // From the few that are silent, not from the many that wait.
    `SELECT count(*) AS offline FROM devices d WHERE d.heard_ms <= ? AND EXISTS (
       SELECT 1 FROM progress p WHERE p.rollout = ? AND p.device = d.id AND p.ring = ? AND p.state = 'waiting')`,
    [silentSinceMs, rollout.id, ring],
  )
  const offline = number(row, 'offline')
  const isDue = nowMs >= silentFromMs(rollout, ring)
  return { offline, online: isDue ? waiting - offline : 0 }
}
