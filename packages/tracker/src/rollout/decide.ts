/**
 * The engine: from what a rollout is, and how far its devices are, to what it is next. Pure; asking it twice changes nothing. A
 * failing ring halts, a passing one opens the next, and what is not clear pauses: it never goes on.
 */
import { failureOf, judgeRing, soakLeftMs } from './gate.ts'
import { NO_TOTALS, type Decision, type RingTotals, type Rollout } from './rollout.ts'
import { silentFromMs } from './silence.ts'
import { halt, hold, letGo, openNextRing, passRing, pause, unchanged } from './transition.ts'

/** @param totals one for each ring, in their order; what is missing counts as nothing */
export function decide(rollout: Rollout, totals: readonly RingTotals[], nowMs: number): Decision {
  if (rollout.state !== 'running') return unchanged(rollout)
  const { rings, openedAtMs, passedAtMs, gate, holdsSinceMs } = rollout
  const occasion = { by: GATE, nowMs }
  if (openedAtMs.length === 0) return openNextRing(rollout, occasion)

  for (const index of openedAtMs.keys()) {
    const reason = failureOf(gate, totals[index] ?? NO_TOTALS)
    if (reason !== undefined) return halt(rollout, occasion, `ring ${rings[index]?.name}: ${reason}`)
  }

  const index = openedAtMs.length - 1
  if (passedAtMs.length > index) return unchanged(rollout)
  const verdict = judgeRing(gate, totals[index] ?? NO_TOTALS)
  const reason = `ring ${rings[index]?.name}: ${verdict.reason}`
  if (verdict.is === 'holding') {
    if (gate.soakSeconds === 0 || soakLeftMs(rollout, nowMs) === 0) {
      return passRing(rollout, occasion, { type: 'passed', reason: verdict.reason })
    }
    return holdsSinceMs === undefined ? hold(rollout, nowMs) : unchanged(rollout)
  }
  if (verdict.is === 'short') return pause(rollout, occasion, reason)
  if (verdict.is === 'nobody' && nowMs >= silentFromMs(rollout, index)) return pause(rollout, occasion, reason)
  return holdsSinceMs === undefined ? unchanged(rollout) : letGo(rollout)
}

/** Who did what nobody asked for. */
export const GATE = 'gate'
