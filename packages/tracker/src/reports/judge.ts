/** Whether a report is its sender's own. Pure, and what costs is the signature: so much that it is not done for many at once. */
import { ReleaseError, verifyReport, type Report } from '@shoal/release'
import type { Outcome } from './message.ts'

export interface Sender {
  /** Proven by the connection. */
  peer: string
  fleet: string
  /** Of a private fleet: what its credential says of it. */
  member?: { site: string; group: string } | undefined
}

export type Judged = { report: Report } | { refused: Exclude<Outcome, 'taken' | 'later'> }

export function judgeReport(bytes: Uint8Array, { peer, fleet, member }: Sender): Judged {
  const report = read(bytes)
  if (report === undefined) return { refused: 'invalid' }
  if (report.device !== peer) return { refused: 'not-yours' }
  if (report.fleet !== fleet) return { refused: 'other-fleet' }
  if (member !== undefined && (report.site !== member.site || report.group !== member.group)) {
    return { refused: 'not-as-enrolled' }
  }
  return { report }
}

function read(bytes: Uint8Array): Report | undefined {
  try {
    return verifyReport(bytes)
  } catch (error) {
    if (error instanceof ReleaseError) return undefined
    throw error
  }
}
