/** Whether a report is its sender's own. What costs is the signature, which is verified on threads beside. */
import { createReportVerifier, ReleaseError, type Report } from '@shoal/release'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Outcome } from './message.ts'

export interface Sender {
  /** Proven by the connection. */
  peer: string
  fleet: string
  /** Of a private fleet: what its credential says of it. */
  member?: { site: string; group: string } | undefined
}

export type Judged = { report: Report } | { refused: Exclude<Outcome, 'taken' | 'later'> }

/** In the order of the reports. @throws TrackerError BUSY when too many are being judged already */
export type Judge = (reports: readonly Uint8Array[], sender: Sender) => Promise<Judged[]>

export function createJudge(): Judge {
  const verify = createReportVerifier(LIMITS.reportKeysMax)
  let judging = 0
  /** What is verified at once must not keep everything else from the threads that are for all of the process. */
  let free: number = LIMITS.reportsBatchesAtOnceMax
  const waiting: (() => void)[] = []

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }

  async function read(bytes: Uint8Array): Promise<Report | undefined> {
    try {
      return await verify(bytes)
    } catch (error) {
      if (error instanceof ReleaseError) return undefined
      throw error
    }
  }

  return async (reports, sender) => {
    if (judging + reports.length > LIMITS.reportsJudgingMax) {
      throw new TrackerError('BUSY', `${judging} reports wait for their signatures to be verified already`)
    }
    judging += reports.length
    try {
      return await inTurn(() => Promise.all(reports.map(async (bytes) => judgeReport(await read(bytes), sender))))
    } finally {
      judging -= reports.length
    }
  }
}

function judgeReport(report: Report | undefined, { peer, fleet, member }: Sender): Judged {
  if (report === undefined) return { refused: 'invalid' }
  if (report.device !== peer) return { refused: 'not-yours' }
  if (report.fleet !== fleet) return { refused: 'other-fleet' }
  if (member !== undefined && (report.site !== member.site || report.group !== member.group)) {
    return { refused: 'not-as-enrolled' }
  }
  return { report }
}
