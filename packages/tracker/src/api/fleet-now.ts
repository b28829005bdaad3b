/** What everybody looks at, and what events tell. */
import type { z } from 'zod'
import type { RingTotals, Rollout } from '../rollout/rollout.ts'
import { attentionTo } from './attention.ts'
import type { ApiDeps } from './deps.ts'
import { summarise } from './rollout-view.ts'
import type { fleetNow } from './schemas/fleet.ts'

export type FleetNow = z.output<typeof fleetNow>

const ROLLOUTS_MAX = 50
const LATELY_MS = 7 * 86_400_000

export async function readFleet({ store, aggregates, connected, now }: ApiDeps): Promise<FleetNow> {
  const atMs = now()
  const [devices, policy, webhooks, { rows }] = await Promise.all([
    aggregates.deviceTotals(),
    store.policy(),
    store.webhooks(),
    store.rollouts({ state: ['running', 'paused', 'halted'] }, { limit: ROLLOUTS_MAX }),
  ])
  const current = rows.filter(({ state, sinceMs }) => state !== 'halted' || atMs - sinceMs < LATELY_MS)
  const rollouts = await Promise.all(
    current.map(async (rollout): Promise<[Rollout, RingTotals[]]> => [rollout, await aggregates.ringTotals(rollout)]),
  )
  return {
    atMs,
    devices,
    connected: connected(),
    rollouts: rollouts.map(([rollout, totals]) => summarise(rollout, totals)),
    attention: attentionTo({ rollouts, devices, policyExpiresMs: policy?.expiresMs, webhooks, nowMs: atMs }),
  }
}
