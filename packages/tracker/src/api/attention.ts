/** What an operator should look at, the worst first. */
import type { z } from 'zod'
import type { RingTotals, Rollout } from '../rollout/rollout.ts'
import { LIMITS } from '../limits.ts'
import type { DeviceTotals, WebhookRow } from '../store/store.ts'
import type { attention } from './schemas/fleet.ts'

export type Attention = z.output<typeof attention>

interface Seen {
  rollouts: readonly (readonly [Rollout, readonly RingTotals[]])[]
  devices: DeviceTotals
  policyExpiresMs: number | undefined
  webhooks: readonly WebhookRow[]
  nowMs: number
}

const POLICY_SOON_MS = 7 * 86_400_000
/** Of all devices, how many may be silent for a week before it is worth a line. */
const SILENT_SHARE = 0.05

export function attentionTo({ rollouts, devices, policyExpiresMs, webhooks, nowMs }: Seen): Attention[] {
  const found = [
    ...rollouts.flatMap(([rollout, totals]) => ofRollout(rollout, totals)),
    ...ofPolicy(policyExpiresMs, nowMs),
    ...webhooks.flatMap((webhook) => ofWebhook(webhook, nowMs)),
    ...ofDevices(devices),
  ]
  return found.toSorted((a, b) => Number(b.level === 'failed') - Number(a.level === 'failed'))
}

function ofRollout(rollout: Rollout, totals: readonly RingTotals[]): Attention[] {
  const { id, product, version, state, reason, approval, openedAtMs, passedAtMs, rings } = rollout
  const what = `${product} ${version}`
  const because = reason === undefined ? '' : `: ${reason}`
  if (state === 'halted') {
    return [{ level: 'failed', code: 'ROLLOUT_HALTED', text: `${what} is halted${because}`, rollout: id }]
  }
  if (state === 'paused') {
    return [{ level: 'warning', code: 'ROLLOUT_PAUSED', text: `${what} is paused${because}`, rollout: id }]
  }
  if (state !== 'running') return []
  const waits = approval === 'manual' && openedAtMs.length > 0 && passedAtMs.length === openedAtMs.length
  const failed = totals.reduce((sum, ring) => sum + ring.failed + ring.timedOut, 0)
  return [
    ...(waits && openedAtMs.length < rings.length
      ? [
          one(
            'APPROVAL_WANTED',
            `${what} has passed ${rings[openedAtMs.length - 1]?.name ?? ''} and waits to be promoted`,
            id,
          ),
        ]
      : []),
    ...(failed > 0 ? [one('DEVICES_FAILED', `${what} failed on ${countOf(failed, 'device')}`, id)] : []),
  ]
}

function ofPolicy(expiresMs: number | undefined, nowMs: number): Attention[] {
  if (expiresMs === undefined || expiresMs - nowMs > POLICY_SOON_MS) return []
  if (expiresMs <= nowMs) {
    const text = 'the policy has expired: staged channels install nothing new'
    return [{ level: 'failed', code: 'POLICY_EXPIRED', text }]
  }
  const days = Math.floor((expiresMs - nowMs) / 86_400_000)
  return [one('POLICY_EXPIRES', `the policy expires in ${days} d and was not renewed: is its key at hand?`)]
}

/** One that no tracker has in its configuration any more is nobody's loss. */
function ofWebhook({ name, isDead, problem, pending, seenMs }: WebhookRow, nowMs: number): Attention[] {
  if (!isDead || nowMs - seenMs >= LIMITS.webhookSeenMs) return []
  const because = problem === undefined ? '' : ` (${problem})`
  const text = `webhook ${name} was given up${because}: ${countOf(pending, 'event')} not told`
  const fix = `mend its receiver, then: shoal-tracker webhook resend ${name}`
  return [{ level: 'failed', code: 'WEBHOOK_DEAD', text, fix, webhook: name }]
}

function ofDevices({ devices, silentLastWeek }: DeviceTotals): Attention[] {
  if (silentLastWeek === 0 || silentLastWeek / devices < SILENT_SHARE) return []
  const percent = Math.round((100 * silentLastWeek) / devices)
  return [one('DEVICES_SILENT', `${countOf(silentLastWeek, 'device')} (${percent} %) were not heard of for a week`)]
}

function one(code: string, text: string, rollout?: string): Attention {
  return { level: 'warning', code, text, ...(rollout === undefined ? {} : { rollout }) }
}

function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
