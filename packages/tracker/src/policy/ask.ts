import type { Libp2p, PeerId } from '@libp2p/interface'
import { TrackerError } from '../error.ts'
import { ask } from '../wire/exchange.ts'
import { parsePolicyAnswer, POLICY_LIMITS, policyProtocol } from './protocol.ts'

/**
 * The tracker's policy document when it is newer than the version; undefined when it is not. Nobody has verified it.
 * @throws TrackerError UNREACHABLE, TIMEOUT, REPLY_INVALID
 */
export async function askPolicy(
  node: Pick<Libp2p, 'dialProtocol'>,
  tracker: PeerId,
  fleet: string,
  version: number,
  options: { signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const answer = parsePolicyAnswer(
    await ask(node, tracker, policyProtocol(fleet), { v: 1, version }, POLICY_LIMITS, options),
  )
  if (answer === undefined) throw new TrackerError('REPLY_INVALID', 'the tracker says nothing of a policy')
  return answer.document
}
