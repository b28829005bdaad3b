/** What a crowd's arrivals and bytes come to, beside what the uplink allows. */
import type { CrowdPlan, CrowdRun } from './crowd.ts'
import type { Figures } from './result.ts'

export interface Ideal {
  /** Size ÷ uplink, as if there were no headers. */
  lineMs: number
  /** Measured: one plain download with the uplink to itself. */
  aloneMs: number
}

export function crowdFigures(run: CrowdRun, plan: CrowdPlan, ideal: Ideal): Figures {
  const firstMs = Math.min(...run.arrivals.map(({ startedMs }) => startedMs))
  const lastMs = Math.max(...run.arrivals.map(({ doneMs }) => doneMs)) - firstMs
  const medianMs = median(run.arrivals.map(({ startedMs, doneMs }) => doneMs - startedMs))
  return {
    megabytesPerSecond: plan.sizeBytes / 1e3 / lastMs,
    elapsedMs: Math.round(lastMs),
    lastToLine: ratio(lastMs, ideal.lineMs),
    lastToIdeal: ratio(lastMs, ideal.aloneMs),
    medianMs: Math.round(medianMs),
    medianToIdeal: ratio(medianMs, idealMedianMs(plan, ideal)),
    /** Of the site with the most. */
    uplinkCopies: ratio(Math.max(...run.uplinkBytes), plan.sizeBytes),
    // Before an uplink what was dropped and sent again counts, too; the way to the edge drops nothing.
    ...(plan.edge ? { originCopies: ratio(run.originBytes, plan.sizeBytes) } : {}),
    wastedShare: ratio(run.wastedBytes, plan.sizeBytes * run.arrivals.length),
    cpuSeconds: run.cpuSeconds,
    ...run.more,
  }
}

export function idealFigures(plan: CrowdPlan, ideal: Ideal): Figures {
  const medianMs = idealMedianMs(plan, ideal)
  return {
    what: `one curl with an uplink to itself; ÷ line is against size ÷ uplink (${Math.round(ideal.lineMs)} ms), without headers`,
    megabytesPerSecond: plan.sizeBytes / 1e3 / ideal.aloneMs,
    elapsedMs: Math.round(ideal.aloneMs),
    lastToLine: ratio(ideal.aloneMs, ideal.lineMs),
    lastToIdeal: 1,
    medianMs: Math.round(medianMs),
    medianToIdeal: 1,
    uplinkCopies: 1,
    ...(plan.edge ? { originCopies: 1 } : {}),
    wastedShare: 0,
    cpuSeconds: undefined,
  }
}

/** Who joins later waits for less of the uplink, and never for less than its own line takes. */
function idealMedianMs({ peers, sizeBytes, lanRate, joinEveryMs }: CrowdPlan, { aloneMs }: Ideal): number {
  const lanMs = (sizeBytes * 8_000) / lanRate
  return median(Array.from({ length: peers }, (_, at) => Math.max(lanMs, aloneMs - at * joinEveryMs)))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

function ratio(value: number, to: number): number {
  return Number((value / to).toPrecision(3))
}
