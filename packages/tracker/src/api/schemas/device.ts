import { CHECK_VERDICTS, CHECKS_MAX, REPORT_SOURCES, REPORT_STATES } from '@shoal/release'
import { z } from 'zod'
import { LIMITS } from '../../limits.ts'
import { count, device, memberName, name, rolloutId, text, timeMs, version } from './fields.ts'

export const bytes = z.object(
  Object.fromEntries(REPORT_SOURCES.map((source) => [source, count])) as Record<
    (typeof REPORT_SOURCES)[number],
    typeof count
  >,
)

export const reportState = z.enum(REPORT_STATES)
export const deviceState = z.enum(['waiting', ...REPORT_STATES])
export const failureCode = z.string().regex(/^[A-Z0-9_]{1,64}$/)

const install = z.object({
  product: z.string(),
  channel: z.string(),
  version: z.string(),
  state: reportState,
  code: z.string().optional(),
  rollout: z.string().optional(),
  sinceMs: timeMs,
})

const installed = install.extend({
  installed: z.string().optional().describe('what it runs; `version` is what the state speaks of'),
})

export const deviceRow = z.object({
  id: z.string(),
  site: z.string(),
  group: z.string(),
  labels: z.record(z.string(), z.string()),
  platform: z.string(),
  agent: z.string(),
  firstSeenMs: timeMs,
  reportedMs: timeMs.describe('of its last report'),
  heardMs: timeMs.describe('when it was last heard of at all'),
  installs: z.array(installed),
})

const checkup = z.object({
  atMs: timeMs.describe("by the device's clock"),
  checks: z
    .array(z.object({ check: z.string(), verdict: z.enum(CHECK_VERDICTS), text: z.string() }))
    .max(CHECKS_MAX)
    .readonly(),
})

export const deviceDetail = deviceRow.extend({
  checkup: checkup.optional().describe('what its doctor found last'),
  progress: z.array(
    install.extend({ rollout: z.string(), ring: count.optional(), state: deviceState }).describe('the newest first'),
  ),
})

export const historyRow = z.object({
  counter: count,
  atMs: timeMs.describe("by the device's clock"),
  receivedMs: timeMs,
  product: z.string(),
  channel: z.string(),
  version: z.string(),
  rollout: z.string().optional(),
  state: reportState,
  code: z.string().optional(),
  bytes: bytes.optional(),
})

export const deviceFilter = {
  site: memberName.optional(),
  group: memberName.optional(),
  state: deviceState.optional(),
  product: name.optional(),
  channel: name.optional(),
  version: version.optional(),
  rollout: rolloutId.optional(),
  ring: z.coerce.number().int().min(0).max(15).optional(),
  code: failureCode.optional().describe('why it failed'),
  silentSeconds: z.coerce.number().int().min(1).max(31_536_000).optional().describe('not heard of for so long'),
  text: text.optional().describe('in id, site, group or a label'),
}

export const deviceParams = z.strictObject({ id: device })

export const versionCount = z.object({
  product: z.string(),
  channel: z.string(),
  version: z.string(),
  devices: count,
})

const flows = z.object({
  sites: z
    .array(z.object({ site: z.string(), bytes: count }))
    .max(LIMITS.flowsShownMax)
    .describe('from neighbours of which site, the most first; its own among them'),
  further: count.describe('from neighbours of further sites'),
  origin: count,
})

export const siteRow = z.object({
  site: z.string(),
  devices: count,
  bytes,
  flows: flows.describe('where what arrived came from, as far as devices told'),
})
export const siteFilter = { text: text.optional() }
export const hourRow = bytes.extend({ hourMs: timeMs })
export const deviceTotals = z.object({
  devices: count,
  heardLastHour: count,
  heardLastDay: count,
  silentLastWeek: count,
  sites: count,
})
