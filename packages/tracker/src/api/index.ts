/** What the API answers, for its clients. Types alone: nothing of the tracker runs there. */
import type { z } from 'zod'
import type { auditEntry } from './schemas/audit.ts'
import type { deviceDetail, deviceRow, historyRow, siteRow } from './schemas/device.ts'
import type { errorAnswer } from './schemas/error.ts'
import type { overview, policyView, releaseView } from './schemas/fleet.ts'
import type { newRollout, rolloutOrder, rolloutView } from './schemas/rollout.ts'
import type { session } from './routes/session.ts'

export type { FleetNow } from './fleet-now.ts'
export type { GateCondition, RingView, RolloutSummary } from './rollout-view.ts'
export type AuditEntry = z.output<typeof auditEntry>
export type DeviceDetail = z.output<typeof deviceDetail>
export type DeviceRow = z.output<typeof deviceRow>
export type ErrorAnswer = z.output<typeof errorAnswer>
export type HistoryRow = z.output<typeof historyRow>
export type NewRollout = z.input<typeof newRollout>
export type Overview = z.output<typeof overview>
export type PolicyView = z.output<typeof policyView>
export type ReleaseView = z.output<typeof releaseView>
export type RolloutOrder = z.output<typeof rolloutOrder>
export type RolloutView = z.output<typeof rolloutView>
export type Session = z.output<typeof session>
export type SiteRow = z.output<typeof siteRow>
export interface Paged<Row> {
  rows: Row[]
  cursor?: string
  total: number
}
