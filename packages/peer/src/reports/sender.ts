/** Delivers what is queued: at least once, in batches, the first way that takes it to a tracker, with growing pauses while none does. */
import { verifyReport } from '@shoal/release'
import { ReportsRefused, type Settled, type SignedReport } from '@shoal/tracker/client'
import type { Alarm } from '../alarm.ts'
import { LIMITS } from '../limits.ts'
import { pause } from '../pause.ts'
import type { QueuedReport, ReportQueue } from './queue.ts'

/**
 * One way to a tracker. What is in neither list of the answer is sent again.
 * @throws ReportsRefused, or another error when no tracker can be reached by it
 */
export type SendReports = (reports: readonly SignedReport[], signal: AbortSignal) => Promise<Settled>

export interface SenderDeps {
  queue: Pick<ReportQueue, 'batch' | 'delivered' | 'giveUp'>
  /** The one to be tried first comes first. */
  ways: readonly SendReports[]
  /** Rings when there is something new to send. */
  alarm: Alarm
  now: () => number
  random: () => number
  onDelivered: (count: number) => void
  onFailure(failures: number, error: unknown): void
  signal: AbortSignal
}

/** Returns when the signal aborts. */
export async function sendReports(deps: SenderDeps): Promise<void> {
  const { alarm, signal } = deps
  let failures = 0
  while (!signal.aborted) {
    try {
      const isEmpty = (await sendBatch(deps)) === 0
      failures = 0
      if (isEmpty && (await alarm.wait(LIMITS.waitMaxMs, signal))) await pause(LIMITS.reports.gatherMs, signal)
    } catch (error) {
      if (isAborted(signal)) return
      failures += 1
      deps.onFailure(failures, error)
      await pause(refusedForMs(error) + fullJitterMs(failures, deps.random), signal)
    }
  }
}

/** Any moment up to a bound that doubles with each failure: a fleet that lost its tracker does not come back all at once. */
export function fullJitterMs(failures: number, random: () => number): number {
  const { backoffMinMs, backoffMaxMs } = LIMITS.reports
  return random() * Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(failures - 1, 30))
}

/** How long a tracker wants to be left alone. */
function refusedForMs(error: unknown): number {
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error]
  const waits = errors.map((each) => (each instanceof ReportsRefused ? each.retryMs : 0))
  return Math.min(Math.max(...waits), LIMITS.reports.backoffMaxMs)
}

async function sendBatch(deps: SenderDeps): Promise<number> {
  const { queue, ways, onDelivered, signal } = deps
  const batch = await queue.batch(LIMITS.reports.batchMax)
  if (batch.length === 0) return 0
  let settled: Settled
  try {
    settled = await firstThatTakes(ways, (send) =>
      send(batch, AbortSignal.any([signal, AbortSignal.timeout(LIMITS.reports.sendTimeoutMs)])),
    )
  } catch (error) {
    signal.throwIfAborted()
    await giveUpLate(batch, deps)
    throw error
  }
  const { durable, refused } = settled
  await queue.delivered(durable)
  for (const [counter, outcome] of refused) await queue.giveUp([counter], codeOf(outcome))
  onDelivered(durable.length)
  // A tracker that settles nothing must not be asked again at once.
  if (durable.length + refused.size === 0) throw new Error('the tracker took none of the reports')
  return batch.length
}

/** What a machine had a month ago is of no use to anybody; what happened on it is. Either way it was tried once more before. */
async function giveUpLate(batch: readonly QueuedReport[], { queue, now }: SenderDeps): Promise<void> {
  const late = batch.filter((report) => isLate(report, now()))
  await queue.delivered(counters(late.filter(({ state }) => state === 'present')))
  await queue.giveUp(counters(late.filter(({ state }) => state !== 'present')), 'UNDELIVERED')
}

async function firstThatTakes<T>(ways: readonly SendReports[], ask: (send: SendReports) => Promise<T>): Promise<T> {
  const errors: unknown[] = []
  for (const way of ways) {
    try {
      return await ask(way)
    } catch (error) {
      errors.push(error)
    }
  }
  const [first] = errors
  throw new AggregateError(
    errors,
    `no tracker takes reports: ${first instanceof Error ? first.message : String(first)}`,
  )
}

/** What this device cannot read itself is nothing that a tracker could take. */
function isLate({ bytes }: QueuedReport, nowMs: number): boolean {
  try {
    return nowMs - verifyReport(bytes).atMs > LIMITS.reports.keptMs
  } catch {
    return true
  }
}

function counters(reports: readonly QueuedReport[]): number[] {
  return reports.map(({ counter }) => counter)
}

/** `not-yours` → `NOT_YOURS` */
function codeOf(outcome: string): string {
  return outcome.toUpperCase().replaceAll('-', '_')
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
