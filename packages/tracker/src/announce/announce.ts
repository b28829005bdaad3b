import type { Libp2p, PeerId } from '@libp2p/interface'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { ask } from '../wire/exchange.ts'
import { dialableAddress } from './address.ts'
import { parseReply, type HandedOutPeer } from './message.ts'
import { ANNOUNCE_LIMITS, trackerProtocol } from './protocol.ts'

export interface Announce {
  /** Everything that this peer follows, as CIDs in base32; what an earlier announce named and this does not is left. */
  topics: { topic: string; complete: boolean }[]
  site?: string
  role: 'device' | 'cache'
  /** How many peers to hand out at most. */
  want: number
}

export interface HandOut {
  /** When to announce again. */
  intervalMs: number
  peers: HandedOutPeer[]
}

/** A tracker that answered, but with less than peers. */
export class AnnounceRefused extends TrackerError {
  readonly retryMs: number

  constructor(status: string, retryMs: number) {
    super('REFUSED', `the tracker answered: ${status}`)
    this.retryMs = retryMs
  }
}

/**
 * Announces the addresses and topics of `node` and returns whom the tracker names. Addresses that nobody could dial
 * are taken out of the answer.
 */
export async function announce(
  node: Pick<Libp2p, 'dialProtocol' | 'getMultiaddrs'>,
  tracker: PeerId,
  fleet: string,
  request: Announce,
  options: { signal: AbortSignal },
): Promise<HandOut> {
  const addresses = node
    .getMultiaddrs()
    .map((address) => address.toString())
    .filter((address) => address.length <= LIMITS.addressCharactersMax)
    .slice(0, LIMITS.addressesPerPeerMax)
  const message = { v: 1, ...request, addresses }
  const answer = await ask(node, tracker, trackerProtocol(fleet), message, ANNOUNCE_LIMITS, options)
  const reply = parseReply(answer)
  if (reply === undefined)
    throw new TrackerError('REPLY_INVALID', 'the tracker answered with something else than a hand-out')
  if (reply.status !== 'ok') throw new AnnounceRefused(reply.status, reply.retryMs)
  return { intervalMs: reply.intervalMs, peers: reply.peers.map(withDialableAddresses) }
}

function withDialableAddresses(peer: HandedOutPeer): HandedOutPeer {
  const addresses = peer.addresses.map((address) => dialableAddress(address, peer.peerId))
  return { ...peer, addresses: addresses.filter((address) => address !== undefined) }
}
