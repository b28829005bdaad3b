import { z } from 'zod'
import { bytes, deviceTotals, hourRow, versionCount } from './device.ts'
import { count, name, timeMs, version } from './fields.ts'
import { rolloutSummary } from './rollout.ts'

export const attention = z.object({
  level: z.enum(['failed', 'warning']),
  code: z.string(),
  text: z.string(),
  fix: z.string().optional().describe('what to do about it'),
  rollout: z.string().optional(),
  webhook: z.string().optional(),
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

const roleSigners = z.object({
  role: z.string(),
  version: count,
  expiresMs: timeMs,
  threshold: count.describe('so many of its keys must have signed'),
  keys: z.array(z.object({ id: z.string(), signed: z.boolean() })),
})

export const signedRelease = z.object({
  problem: z.string().optional().describe('why there is less to say, and what can be done about it'),
  roles: z.array(roleSigners).describe('from the root down, each vouched for by one before it'),
  platforms: z.array(
    z.object({
      platform: z.string(),
      release: z.string().describe('its id: the CID of its root block'),
      counter: count.describe('rises with every release of the channel'),
      sizeBytes: count.optional().describe('of all files; absent when the origin lacks the root block'),
      entries: count.optional().describe('files, links and empty folders'),
    }),
  ),
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
  signed: signedRelease.describe('what the metadata at the origin says, verified from the root of the fleet on'),
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
