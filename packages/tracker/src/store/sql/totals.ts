/** How far the devices of each ring are, as the engine's gate and the dashboard count them. */
import type { RingTotals, Rollout } from '../../rollout/rollout.ts'
import { lateByMs, silentFromMs } from '../../rollout/silence.ts'
import { lastOpenMs } from '../../rollout/last-open.ts'
import { number, type Queries, type Row } from './database.ts'

export async function readRingTotals(queries: Queries, rollout: Rollout, nowMs: number): Promise<RingTotals[]> {
  const { id, rings, windows } = rollout
  const lateMs = lateByMs(rollout, nowMs)
  const rows = await queries.all(
    `SELECT ring, state, code, reached, count(*) AS n, ${LATE} AS late, ${LATE} AS late_in_window
     FROM progress WHERE rollout = ? AND ring IS NOT NULL GROUP BY ring, state, code, reached ORDER BY code`,
    [lateMs, Math.max(lastOpenMs(windows, lateMs), 0), id],
  )
  const groups = Map.groupBy(rows, (row) => number(row, 'ring'))
  const totals: RingTotals[] = []
  for (const ring of rings.keys()) {
    const own = groups.get(ring) ?? []
    const waiting = countOf(own, ({ state }) => state === 'waiting')
    const silent = await countSilent(queries, rollout, ring, waiting, nowMs)
    totals.push({ ...countRing(own), silent })
  }
  return totals
}

const LATE = 'sum(CASE WHEN since_ms <= ? THEN 1 ELSE 0 END)'

/** Devices of a ring that are alike: one row for each way to be. */
function countRing(rows: readonly Row[]): Omit<RingTotals, 'silent'> {
  const codes: Record<string, number> = {}
  for (const row of rows) {
    const { code } = row
    if (typeof code === 'string') codes[code] = (codes[code] ?? 0) + number(row, 'n')
  }
  const reached = (step: number) => countOf(rows, (row) => number(row, 'reached') >= step)
  const underWay = rows.filter(({ code }) => code === null)
  return {
    target: countOf(rows, () => true),
    began: reached(1),
    downloaded: reached(2),
    activated: reached(3),
    healthy: countOf(underWay, (row) => number(row, 'reached') >= 4),
    failed: countOf(rows, ({ code }) => code !== null),
    returned: countOf(rows, ({ state }) => state === 'returned'),
    timedOut:
      countOf(underWay, ({ state }) => state === 'began' || state === 'activated', 'late') +
      // What is downloaded waits for a window, and its time runs from there.
      countOf(underWay, ({ state }) => state === 'downloaded', 'late_in_window'),
    codes,
  }
}

function countOf(rows: readonly Row[], isSo: (row: Row) => boolean, column = 'n'): number {
  return rows.reduce((sum, row) => (isSo(row) ? sum + number(row, column) : sum), 0)
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
