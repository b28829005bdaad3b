/** What this device says of releases on it: signed, queued on disk, delivered by a loop of its own. */
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { createSigner, signReport, type Report, type ReportCheck } from '@shoal/release'
import { createAlarm } from '../alarm.ts'
import type { OnEvent } from '../events.ts'
import { nodeDisk, type Disk } from '../store/index.ts'
import { openReportQueue, type ReportCounts } from './queue.ts'
import type { ReportName } from './report-file.ts'
import { sendReports, type SenderDeps } from './sender.ts'

/** What the device is, whatever it reports. */
export type DeviceWords = Pick<Report, 'fleet' | 'device' | 'site' | 'group' | 'labels' | 'agent'>

/** What there is to say. */
export type Told = Omit<Report, keyof DeviceWords | 'counter' | 'atMs' | 'checks'>

export interface ReportsStatus extends ReportCounts {
  /** When the oldest was made that is to be sent. */
  oldestMs?: number
  /** When a tracker last took one. */
  deliveredMs?: number
  /** Why the last attempt failed, while it does. */
  failure?: string
}

export interface Reports extends AsyncDisposable {
  /** Returns when the report is on disk; it will be delivered at least once. */
  tell(told: Told): Promise<void>
  /** The next report says so, unless it is of a download. */
  found(checks: readonly ReportCheck[]): void
  list(which: 'pending' | 'dead'): ReportName[]
  /** Sends what was given up once more: all of it, or what is named. Returns how many. */
  resend(counters?: readonly number[]): Promise<number>
  status(): ReportsStatus
}

export interface ReportsConfig {
  stateDir: string
  identity: PrivateKey
  /** Asked at each report: a credential may have changed. */
  words: () => DeviceWords
  ways: SenderDeps['ways']
  onEvent: OnEvent
}

export interface ReportsDeps {
  disk?: Disk
  now?: () => number
  random?: () => number
}

export async function startReports(
  { stateDir, identity, words, ways, onEvent }: ReportsConfig,
  { disk = nodeDisk, now = Date.now, random = Math.random }: ReportsDeps = {},
): Promise<Reports> {
  const queue = await openReportQueue(join(stateDir, 'reports'), { disk, now, onEvent })
  // The first half of a libp2p ed25519 key is its secret.
  const signer = createSigner(identity.raw.subarray(0, 32))
  const alarm = createAlarm()
  const stopping = new AbortController()
  let deliveredMs: number | undefined
  let failure: string | undefined
  let untold: readonly ReportCheck[] | undefined

  const sending = sendReports({
    queue,
    ways,
    alarm,
    now,
    random,
    onDelivered(count) {
      failure = undefined
      if (count > 0) deliveredMs = now()
    },
    onFailure(failures, error) {
      failure = error instanceof Error ? error.message : String(error)
      onEvent('reports-undelivered', { failures, error, ...queue.counts() })
    },
    signal: stopping.signal,
  })

  return {
    async tell(told) {
      const checks = told.bytes === undefined ? untold : undefined
      await queue.add(told.state, (counter) =>
        signReport({ ...words(), ...told, ...(checks === undefined ? {} : { checks }), counter, atMs: now() }, signer),
      )
      if (checks === untold) untold = undefined
      alarm.ring()
    },
    found(checks) {
      untold = checks
    },
    list: (which) => queue.list(which),
    async resend(counters) {
      const count = await queue.resend(counters)
      alarm.ring()
      return count
    },
    status: () => ({
      ...queue.counts(),
      ...oldestOf(queue.list('pending')),
      ...(deliveredMs === undefined ? {} : { deliveredMs }),
      ...(failure === undefined ? {} : { failure }),
    }),
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'))
      await sending
    },
  }
}

/** A counter is the time at which its report was made, as the queue counts. */
function oldestOf([oldest]: readonly ReportName[]): Pick<ReportsStatus, 'oldestMs'> {
  return oldest === undefined ? {} : { oldestMs: oldest.counter }
}
