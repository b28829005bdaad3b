import { z } from 'zod'
import { bytes } from './device.ts'
import { auditEntry } from './audit.ts'
import { count, device, memberName, name, rolloutId, text, timeMs, version } from './fields.ts'

const LABEL = /^[a-z0-9][a-z0-9._-]{0,63}$/
const LABEL_VALUE = /^[A-Za-z0-9._-]{0,64}$/
const DAY_SECONDS = 86_400
const SECONDS_MAX = 366 * DAY_SECONDS
const MATCH_VALUES_MAX = 1_000

const seconds = z.int().min(0).max(SECONDS_MAX)
const share = z.number().min(0).max(1)

export const rolloutState = z.enum(['running', 'paused', 'halted', 'completed', 'superseded'])

const match = z.strictObject({
  devices: z.array(device).min(1).max(MATCH_VALUES_MAX).readonly().optional(),
  groups: z.array(memberName).min(1).max(MATCH_VALUES_MAX).readonly().optional(),
  sites: z.array(memberName).min(1).max(MATCH_VALUES_MAX).readonly().optional(),
  labels: z
    .record(z.string().regex(LABEL), z.array(z.string().regex(LABEL_VALUE)).min(1).max(MATCH_VALUES_MAX).readonly())
    .readonly()
    .optional(),
})

const ring = z.strictObject({ name, match: match.default({}), percent: z.int().min(0).max(100).default(100) })

const rings = z.array(ring).min(1).max(16)

const installWindow = z.strictObject({
  days: z.array(z.int().min(0).max(6)).min(1).max(7).readonly().describe('on which it begins; 0 is Sunday'),
  fromMinute: z.int().min(0).max(1_439),
  toMinute: z.int().min(0).max(1_439),
  zone: z.string().max(64).describe('IANA name, such as Europe/Warsaw'),
})

export const gate = z.strictObject({
  successShare: share.default(0.95).describe('healthy of finished; less does not pass'),
  failureShare: share.default(0.05).describe('failed of finished; more halts'),
  failureMinimum: z.int().min(1).max(1_000_000).default(3).describe('so many must have failed before the share counts'),
  failureCount: z.int().min(1).max(1_000_000).optional().describe('so many failed halt whatever the share'),
  finishedShare: share.default(0.9).describe('of those that are not silent, how many must have finished'),
  soakSeconds: seconds.default(1_800).describe('how long the gate must hold before the next ring opens'),
  silentAfterSeconds: seconds.default(DAY_SECONDS).describe('not heard of for so long: not waited for'),
})

/** What is asked for; what is left out has the values that suit most. */
export const newRollout = z.strictObject({
  id: rolloutId.optional().describe('never used again; made from the version when absent'),
  product: name,
  channel: name,
  version,
  rings: rings.default([{ name: 'all', match: {}, percent: 100 }]),
  gate: gate.prefault({}),
  approval: z.enum(['automatic', 'manual']).default('automatic'),
  returns: z
    .boolean()
    .optional()
    .describe('whether a halt by the gate takes the version back; when absent, if there is one to go back to'),
  spreadSeconds: seconds.default(300),
  windows: z.array(installWindow).max(16).default([]),
  download: z.enum(['at-once', 'in-window']).default('at-once'),
  soakSeconds: seconds.default(300).describe('how long a device must stay healthy to count'),
  timeoutSeconds: seconds.default(DAY_SECONDS).describe('begun and no further after so long counts as failed'),
})

export const rollout = z.object({
  id: z.string(),
  product: z.string(),
  channel: z.string(),
  version: z.string(),
  base: z.string().optional(),
  revision: count,
  createdAtMs: timeMs,
  createdBy: z.string(),
  state: rolloutState,
  sinceMs: timeMs,
  reason: z.string().optional(),
  gate: gate.required({
    successShare: true,
    failureShare: true,
    failureMinimum: true,
    finishedShare: true,
    soakSeconds: true,
    silentAfterSeconds: true,
  }),
  approval: z.enum(['automatic', 'manual']),
  returns: z.boolean(),
  openedAtMs: z.array(timeMs).readonly(),
  passedAtMs: z.array(timeMs).readonly(),
  holdsSinceMs: timeMs.optional(),
  rings: z.array(ring).readonly(),
  spreadSeconds: z.number(),
  windows: z.array(installWindow).readonly(),
  download: z.enum(['at-once', 'in-window']),
  soakSeconds: z.number(),
  timeoutSeconds: z.number(),
})

export const ringTotals = z.object({
  target: count,
  began: count,
  downloaded: count,
  activated: count,
  healthy: count,
  failed: count,
  returned: count,
  timedOut: count,
  silent: z.object({ offline: count, online: count }),
  codes: z.record(z.string(), count),
})

export const ringView = ringTotals.extend({
  name: z.string(),
  percent: z.number(),
  selects: z.string().describe('in words'),
  state: z.enum(['passed', 'open', 'paused', 'stopped', 'waiting']),
  openedAtMs: timeMs.optional(),
  passedAtMs: timeMs.optional(),
})

export const rolloutSummary = z.object({
  id: z.string(),
  product: z.string(),
  channel: z.string(),
  version: z.string(),
  revision: count,
  state: rolloutState,
  sinceMs: timeMs,
  createdAtMs: timeMs,
  createdBy: z.string(),
  reason: z.string().optional(),
  rings: z.array(ringView),
})

export const gateCondition = z.object({
  name: z.enum(['finished', 'success', 'failure', 'soak']),
  holds: z.boolean(),
  text: z.string(),
})

export const rolloutView = z.object({
  rollout,
  rings: z.array(ringView),
  gate: z.array(gateCondition).describe('of the ring that was opened last; empty when none is under way'),
  reporters: z
    .enum(['members', 'anyone'])
    .describe(
      'whose reports the gate counts; of an open fleet anybody may send some, so its counts are not authenticated',
    ),
  orders: z.array(z.enum(['pause', 'resume', 'promote', 'halt'])).describe('that can be given now'),
  bytes: bytes.describe('of the channel, since the rollout began'),
  pace: z
    .array(z.object({ fromMs: timeMs, downloaded: count, activated: count, healthy: count, failed: count }))
    .describe('how many got how far, in buckets of five minutes that hold anything'),
  timeline: z.array(auditEntry).describe('the newest first'),
})

export const rolloutFilter = {
  product: name.optional(),
  channel: name.optional(),
  state: rolloutState.optional(),
}

export const rolloutParams = z.strictObject({ id: rolloutId })

const reason = text.optional().describe('for people')
export const rolloutOrder = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('pause'), reason }),
  z.strictObject({ do: z.literal('resume') }),
  z.strictObject({ do: z.literal('promote') }),
  z.strictObject({ do: z.literal('halt'), returns: z.boolean(), reason }),
  z.strictObject({
    do: z.literal('edit'),
    rings: rings.describe('all of them as they shall be; those that are open first, and as they are'),
  }),
])
