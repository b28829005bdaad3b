/** What an attempt makes of how far a webhook is. Pure. */
import { LIMITS } from '../limits.ts'
import type { WebhookState } from '../store/store.ts'
import type { Outcome } from './post.ts'

/**
 * @param entry id of what was told
 * @param random uniform in [0, 1)
 */
export function afterAttempt(
  state: WebhookState,
  outcome: Outcome,
  { entry, nowMs, random }: { entry: number; nowMs: number; random: () => number },
): WebhookState {
  if (outcome.is === 'delivered') return { cursor: entry, failures: 0, nextMs: 0, deliveredMs: nowMs, isDead: false }
  const failures = state.failures + 1
  const failingSinceMs = state.failingSinceMs ?? nowMs
  const isDead = outcome.is === 'gone' || nowMs - failingSinceMs >= LIMITS.webhookGiveUpMs
  const waitMs = Math.max(backoffMs(failures, random), outcome.is === 'failed' ? (outcome.waitMs ?? 0) : 0)
  const nextMs = nowMs + Math.min(LIMITS.webhookBackoffMaxMs, waitMs)
  return { ...state, failures, failingSinceMs, problem: outcome.problem, nextMs, isDead }
}

/** Doubles with each failure; half of it is chance, so that many do not come back together. */
function backoffMs(failures: number, random: () => number): number {
  const most = Math.min(LIMITS.webhookBackoffMaxMs, LIMITS.webhookBackoffMinMs * 2 ** Math.min(failures - 1, 30))
  return most * (0.5 + random() / 2)
}
