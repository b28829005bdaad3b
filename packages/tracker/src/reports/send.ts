import type { Libp2p, PeerId } from '@libp2p/interface'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { ask } from '../wire/exchange.ts'
import { parseReportsAnswer, type Outcome, type ReportsAnswer } from './message.ts'
import { REPORTS_LIMITS, reportsProtocol } from './protocol.ts'

export interface SignedReport {
  counter: number
  /** As `signReport` made it. */
  bytes: Uint8Array
}

/** What is in neither is to be sent again later. */
export interface Settled {
  /** Counters of those that are on the tracker's disk. */
  durable: number[]
  /** Counters of those that it will never take, and why. */
  refused: Map<number, Exclude<Outcome, 'taken' | 'later'>>
}

/** A tracker that answered, and takes no reports now. */
export class ReportsRefused extends TrackerError {
  readonly retryMs: number

  constructor(status: string, retryMs: number) {
    super('REFUSED', `the tracker answered: ${status}`)
    this.retryMs = retryMs
  }
}

export const REPORTS_PER_BATCH_MAX = LIMITS.reportsPerBatchMax

/**
 * Sends at most REPORTS_PER_BATCH_MAX reports of this node's own. What was sent before may be sent again.
 * @throws TrackerError UNREACHABLE, TIMEOUT, REPLY_INVALID; ReportsRefused
 */
export async function sendReports(
  node: Pick<Libp2p, 'dialProtocol'>,
  tracker: PeerId,
  fleet: string,
  reports: readonly SignedReport[],
  options: { signal: AbortSignal },
): Promise<Settled> {
  const question = { v: 1, reports: reports.map(({ bytes }) => bytes) }
  const answer = parseReportsAnswer(await ask(node, tracker, reportsProtocol(fleet), question, REPORTS_LIMITS, options))
  if (answer === undefined) throw new TrackerError('REPLY_INVALID', 'the tracker says nothing of the reports')
  return settledBy(reports, answer)
}

/** @throws ReportsRefused */
export function settledBy(reports: readonly SignedReport[], answer: ReportsAnswer): Settled {
  if (answer.status !== 'ok') throw new ReportsRefused(answer.status, answer.retryMs)
  const settled: Settled = { durable: [], refused: new Map() }
  for (const [at, { counter }] of reports.entries()) {
    const outcome = answer.outcomes[at] ?? 'later'
    if (outcome === 'taken') settled.durable.push(counter)
    else if (outcome !== 'later') settled.refused.set(counter, outcome)
  }
  return settled
}
