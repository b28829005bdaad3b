/** One question of a member to one tracker: is there a newer credential for me, are there newer revocations. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Membership } from '../membership/membership.ts'
import { ask, type ExchangeLimits } from '../wire/exchange.ts'
import { membersProtocol, parseMembersAnswer } from './message.ts'

export const MEMBERS_LIMITS: ExchangeLimits = {
  questionBytesMax: LIMITS.membersQuestionBytesMax,
  answerBytesMax: LIMITS.membersAnswerBytesMax,
  timeoutMs: LIMITS.exchangeTimeoutMs,
}

/**
 * Takes what is new into the membership. A third into its life, a credential is due for a new one.
 * @throws TrackerError UNREACHABLE, REPLY_INVALID, CREDENTIAL_REFUSED; ReleaseError REVOCATIONS_INVALID
 */
export async function askAboutMembership(
  node: Pick<Libp2p, 'dialProtocol'>,
  tracker: PeerId,
  membership: Membership,
  nowSeconds: number,
  options: { signal: AbortSignal },
): Promise<void> {
  const question = { v: 1, renew: isDue(membership, nowSeconds), sequence: membership.sequence }
  const protocol = membersProtocol(membership.fleet)
  const answer = parseMembersAnswer(await ask(node, tracker, protocol, question, MEMBERS_LIMITS, options))
  if (answer === undefined) throw new TrackerError('REPLY_INVALID', 'the tracker says nothing of membership')
  if (answer.revocations !== undefined) membership.takeRevocations(answer.revocations)
  if (answer.credential !== undefined) membership.renew(answer.credential)
}

function isDue({ credential: { issued, expires } }: Membership, nowSeconds: number): boolean {
  return nowSeconds >= issued + (expires - issued) / 3
}
