/** A running tracker's office: answers members, follows the ledger, and keeps everybody else off the node. */
import type { Libp2p } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'
import { keepToMembers } from '../membership/enforce.ts'
import type { Office } from '../office/office.ts'
import { createRateLimit } from '../service/rate-limit.ts'
import { answerQuestions } from '../wire/exchange.ts'
import { MEMBERS_LIMITS } from './ask.ts'
import { membersProtocol, parseMembersQuestion } from './message.ts'

export async function serveMembers(
  node: Libp2p,
  office: Office,
  now: () => number,
  onFailure: (error: unknown) => void,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { membership } = office
  const { membersBurst: burst, membersRefillMs: refillMs, peersMax: keysMax } = LIMITS
  const rateLimit = createRateLimit({ burst, refillMs, keysMax }, now)
  stack.use(keepToMembers(node, membership))
  stack.use(
    await answerQuestions(
      node,
      membersProtocol(membership.fleet),
      { ...MEMBERS_LIMITS, streamsPerConnectionMax: LIMITS.streamsPerConnectionMax, streamsMax: LIMITS.streamsMax },
      (value, { remotePeer }) => {
        const peer = remotePeer.toString()
        const member = membership.memberOf(peer)
        const question = parseMembersQuestion(value)
        if (member === undefined || question === undefined || rateLimit.take(peer) > 0) return undefined
        return office.answer(question, member)
      },
      onFailure,
    ),
  )
  const refresh = (): void => {
    rateLimit.forgetIdle()
    try {
      office.refresh()
    } catch (error) {
      // A ledger that is busy or a full disk: the next time, perhaps.
      onFailure(error)
    }
  }
  refresh()
  const refreshing = setInterval(refresh, LIMITS.ledgerPollMs)
  stack.defer(() => clearInterval(refreshing))
  return stack.move()
}
