/** The tracker's end for devices that are connected to it. */
import type { Libp2p } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'
import type { Membership } from '../membership/membership.ts'
import { answerQuestions } from '../wire/exchange.ts'
import type { ReportsDesk } from './desk.ts'
import { REPORTS_LIMITS, reportsProtocol } from './protocol.ts'

interface ReportsConfig {
  fleet: string
  desk: Pick<ReportsDesk, 'answer'>
  membership: Membership | undefined
  onFailure: (error: unknown) => void
}

export async function serveReports(
  node: Pick<Libp2p, 'handle' | 'unhandle'>,
  { fleet, desk, membership, onFailure }: ReportsConfig,
): Promise<AsyncDisposable> {
  return await answerQuestions(
    node,
    reportsProtocol(fleet),
    { ...REPORTS_LIMITS, streamsPerConnectionMax: LIMITS.streamsPerConnectionMax, streamsMax: LIMITS.streamsMax },
    (question, { remotePeer }) => {
      const peer = remotePeer.toString()
      return desk.answer(question, { peer, fleet, member: membership?.memberOf(peer) }, 'libp2p')
    },
    onFailure,
  )
}
