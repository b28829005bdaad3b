/** What the gate of a rollout says of a ring, with its arithmetic in words. */
import type { Gate, RingTotals, Rollout } from './rollout.ts'

export type Verdict =
  | { is: 'failing'; reason: string }
  | { is: 'holding'; reason: string }
  /** Devices have yet to tell. */
  | { is: 'waiting'; reason: string }
  /** Nobody will tell more, and it is not enough. */
  | { is: 'short'; reason: string }
  /** Nobody is there to tell anything. */
  | { is: 'nobody'; reason: string }

/** What a gate looks at. */
export interface Tally {
  healthy: number
  /** Told or timed out. */
  failed: number
  finished: number
  /** Of the ring, and not silent: what `finished` is held against. */
  due: number
}

export function tallyOf({ target, healthy, failed, timedOut, silent }: RingTotals): Tally {
  const finished = healthy + failed + timedOut
  return {
    healthy,
    failed: failed + timedOut,
    finished,
    due: Math.max(target - silent.offline - silent.online, finished),
  }
}

export function judgeRing(gate: Gate, totals: RingTotals): Verdict {
  const { healthy, failed, finished, due } = tallyOf(totals)
  const failing = failureOf(gate, totals)
  if (failing !== undefined) return { is: 'failing', reason: failing }
  if (due === 0) return { is: 'nobody', reason: nobodyIn(totals) }
  if (finished === 0 || finished < gate.finishedShare * due) {
    return { is: 'waiting', reason: `${finished} of ${due} finished, needs ${percent(gate.finishedShare)}` }
  }
  const share = `${healthy} of ${finished} finished are healthy (${percent(healthy / finished)})`
  if (healthy > 0 && healthy >= gate.successShare * finished) return { is: 'holding', reason: share }
  const needs = `${share}, needs ${percent(gate.successShare)}`
  return finished < due
    ? { is: 'waiting', reason: needs }
    : { is: 'short', reason: `${needs}${causes(failed, totals)}` }
}

/** Why the ring halts its rollout; undefined while it does not. */
export function failureOf(gate: Gate, totals: RingTotals): string | undefined {
  const { failed, finished } = tallyOf(totals)
  if (failed === 0) return undefined
  if (gate.failureCount !== undefined && failed >= gate.failureCount) {
    return `${failed} failed, ${gate.failureCount} are enough to halt${causes(failed, totals)}`
  }
  if (failed < gate.failureMinimum || failed <= gate.failureShare * finished) return undefined
  const share = `${failed} of ${finished} finished failed (${percent(failed / finished)})`
  return `${share}, more than ${percent(gate.failureShare)}${causes(failed, totals)}`
}

/** How long the gate has yet to hold; Infinity while it does not. */
export function soakLeftMs({ gate, holdsSinceMs }: Pick<Rollout, 'gate' | 'holdsSinceMs'>, nowMs: number): number {
  return holdsSinceMs === undefined ? Infinity : Math.max(0, holdsSinceMs + gate.soakSeconds * 1000 - nowMs)
}

function nobodyIn({ target, silent }: RingTotals): string {
  return target === 0
    ? 'no known device belongs to it'
    : `all ${target} devices are silent: offline ${silent.offline}, online without a report ${silent.online}`
}

/** Codes that are told of, the most frequent first. */
const CODES_TOLD_MAX = 3

function causes(failed: number, { codes, timedOut }: RingTotals): string {
  if (failed === 0) return ''
  const told = Object.entries(codes)
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, CODES_TOLD_MAX)
  const all = [...told.map(([code, count]) => `${code} x${count}`), ...(timedOut > 0 ? [`timed out x${timedOut}`] : [])]
  return all.length === 0 ? '' : `: ${all.join(', ')}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`
}
