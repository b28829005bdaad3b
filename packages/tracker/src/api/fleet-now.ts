/** The aggregates that everybody looks at: read once for all who ask within a second, however many there are. */
import type { z } from 'zod'
import { LIMITS } from '../limits.ts'
import type { RingTotals, Rollout } from '../rollout/rollout.ts'
import { attentionTo } from './attention.ts'
import type { ApiDeps } from './deps.ts'
import { summarise } from './rollout-view.ts'
import type { fleetNow } from './schemas/fleet.ts'

export type FleetNow = z.output<typeof fleetNow>

const ROLLOUTS_MAX = 50
const LATELY_MS = 7 * 86_400_000

export function createFleetNow(deps: Pick<ApiDeps, 'store' | 'now' | 'connected'>): () => Promise<FleetNow> {
  let last: { atMs: number; answer: Promise<FleetNow> } | undefined
  return () => {
    const atMs = deps.now()
    if (last !== undefined && atMs - last.atMs < LIMITS.eventIntervalMs && atMs >= last.atMs) return last.answer
    const answer = readFleet(deps, atMs)
    last = { atMs, answer }
    // A failure is not kept: the next who asks tries again.
    answer.catch(() => (last = undefined))
    return answer
  }
}

async function readFleet({ store, connected }: Pick<ApiDeps, 'store' | 'connected'>, atMs: number): Promise<FleetNow> {
  const [devices, policy, { rows }] = await Promise.all([
    store.deviceTotals(atMs),
    store.policy(),
    store.rollouts({ state: ['running', 'paused', 'halted'] }, { limit: ROLLOUTS_MAX }),
  ])
  const current = rows.filter(({ state, sinceMs }) => state !== 'halted' || atMs - sinceMs < LATELY_MS)
  const rollouts = await Promise.all(
    current.map(async (rollout): Promise<[Rollout, RingTotals[]]> => [
      rollout,
      await store.ringTotals(rollout.id, atMs),
    ]),
  )
  return {
    atMs,
    devices,
    connected: connected(),
    rollouts: rollouts.map(([rollout, totals]) => summarise(rollout, totals)),
    attention: attentionTo({ rollouts, devices, policyExpiresMs: policy?.expiresMs, nowMs: atMs }),
  }
}
