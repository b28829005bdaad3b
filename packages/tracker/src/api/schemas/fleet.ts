import { z } from 'zod'
import { bytes, deviceTotals, hourRow, versionCount } from './device.ts'
import { count, name, timeMs, version } from './fields.ts'
import { rolloutSummary } from './rollout.ts'

export const attention = z.object({
  level: z.enum(['failed', 'warning']),
  code: z.string(),
  text: z.string(),
  rollout: z.string().optional(),
})

/** What changes while one looks: sent as events, too. */
export const fleetNow = z.object({
  atMs: timeMs,
  devices: deviceTotals,
  connected: count.describe('peers that announced to this tracker lately'),
  rollouts: z.array(rolloutSummary).describe('those under way, and those that were halted lately'),
  attention: z.array(attention),
})

export const overview = z.object({
  now: fleetNow,
  versions: z.array(versionCount),
  day: z.array(hourRow).describe('the last 24 hours, by hour'),
  month: bytes.describe('the last 28 days'),
  avoided: z
    .object({ day: count, month: count })
    .describe('bytes that came from peers and caches instead of the origin'),
})

export const releaseParams = z.strictObject({ product: name, channel: name, version })
export const releaseView = z.object({
  product: z.string(),
  channel: z.string(),
  version: z.string(),
  /** Whether every device of the channel may install it. */
  isBase: z.boolean(),
  isStep: z.boolean(),
  withdrawn: z.boolean(),
  devices: count.describe('that have it'),
  holders: count.describe('devices that have it and were heard of within the hour'),
  rollouts: z.array(rolloutSummary),
  bytes: bytes.describe('of the channel, since its last rollout began'),
})

export const channelView = z.object({
  product: z.string(),
  channel: z.string(),
  base: z.string().optional(),
  steps: z.array(z.string()).readonly(),
  withdrawn: z.array(z.object({ version: z.string(), rollout: z.string() })).readonly(),
  rollout: z.string().optional(),
  revision: count,
})

export const policyView = z.object({
  current: z
    .object({
      version: count,
      createdMs: timeMs,
      expiresMs: timeMs,
      document: z.string().describe('as devices get it: JSON, signed'),
    })
    .optional(),
  channels: z.array(channelView),
})
