/** What is asked of a tracker, and what a tracker answers: frames of dag-cbor on a stream. */
import { answerQuestions, ask, askAboutMembership, dialableAddress, TrackerError } from '@shoal/tracker/client'
import { ReleaseError } from '@shoal/release'
import { parseReply, type HandedOutPeer } from '../../../packages/tracker/src/announce/message.ts'
import { credentialOf, membershipOf, NOW, revoking } from '../../../packages/tracker/src/fixture/fleet.ts'
import { parseMembersQuestion } from '../../../packages/tracker/src/members/message.ts'
import { createRegistry } from '../../../packages/tracker/src/registry/registry.ts'
import { answerAnnounce } from '../../../packages/tracker/src/service/announce-service.ts'
import { createRateLimit } from '../../../packages/tracker/src/service/rate-limit.ts'
import { encodeFrame } from '../../../packages/tracker/src/wire/frame.ts'
import { encode, type Value } from '../../vectors/generate/cbor.ts'
import type { Random } from '../mutate.ts'
import { mustHold, type Sample, type Target } from '../target.ts'
import { answeredWith, answering, peerNamed } from './hostile-stream.ts'
import { ADDRESSES, OTHER, PEER } from './peers.ts'

const PROTOCOL = '/fuzz/1'
const LIMITS = { questionBytesMax: 16 << 10, answerBytesMax: 128 << 10, timeoutMs: 1_000 }
const TOPIC = 'bafkreigh2akiscaildc'

const ANNOUNCE = {
  v: 1,
  topics: [{ topic: TOPIC, complete: false }],
  site: 'waw-2',
  role: 'device',
  want: 30,
  addresses: ADDRESSES,
}
const HANDED_OUT = { peerId: PEER, addresses: ADDRESSES, site: 'waw-1', role: 'cache', complete: true }

export const TRACKER_TARGETS: Target[] = [
  {
    name: 'announce',
    refusals: [TrackerError],
    samples: (stack) => questions(stack, ANNOUNCE, announceOf),
  },
  {
    name: 'hand-out',
    refusals: [TrackerError],
    samples: () => [
      framed({ v: 1, status: 'ok', intervalMs: 30_000, peers: [HANDED_OUT] }, readHandOut),
      framed({ v: 1, status: 'busy', retryMs: 1_000 }, readHandOut),
    ],
  },
  {
    name: 'members-question',
    refusals: [TrackerError],
    samples: (stack) => questions(stack, { v: 1, renew: true, sequence: 3 }, parseMembersQuestion),
  },
  {
    name: 'members-answer',
    refusals: [TrackerError, ReleaseError],
    samples: () => [
      framed({ v: 1, credential: credentialOf(PEER), revocations: revoking(2, OTHER) }, readMembersAnswer),
      framed({ v: 1 }, readMembersAnswer),
    ],
  },
]

function framed(message: Value, read: (bytes: Uint8Array, random: Random) => unknown): Sample {
  return { bytes: encodeFrame(encode(message)), read }
}

/** @param answerTo undefined for a question that is refused */
async function questions(
  stack: AsyncDisposableStack,
  valid: Value,
  answerTo: (question: unknown) => unknown,
): Promise<Sample[]> {
  const tracker = answering()
  const failures: Error[] = []
  const limits = { ...LIMITS, streamsMax: 1, streamsPerConnectionMax: 1 }
  stack.use(await answerQuestions(tracker.node, PROTOCOL, limits, answerTo, (error) => failures.push(error as Error)))
  return [
    framed(valid, async (bytes, random) => {
      const sent = await tracker.say(bytes, random, peerNamed(OTHER))
      const failure = failures.pop()
      if (failure !== undefined) throw failure
      mustHold(sent.length === 1, 'a question has one answer')
      return sent
    }),
  ]
}

/** What one peer says of itself is handed out to the next, who must be able to read it. */
function announceOf(question: unknown): unknown {
  const [now, random] = [() => 0, () => 0.5]
  const deps = {
    registry: createRegistry({ now, random }),
    rateLimit: createRateLimit({ burst: 9, refillMs: 1_000, keysMax: 9 }, now),
    now,
    random,
    intervalMs: 10_000,
  }
  const said = answerAnnounce(question, { peerId: PEER, remoteAddress: '/ip4/10.0.0.9/tcp/1' }, deps)
  const handed = answerAnnounce(ANNOUNCE, { peerId: OTHER, remoteAddress: '/ip4/127.0.0.1/tcp/1' }, deps)
  mustHold(parseReply(said) !== undefined && parseReply(handed) !== undefined, 'every peer can read the answer')
  return said.status === 'ok' ? said : undefined
}

async function readHandOut(bytes: Uint8Array, random: Random): Promise<unknown> {
  const reply = parseReply(await asked(bytes, random))
  if (reply?.status === 'ok') for (const peer of reply.peers) mustBeOwn(peer)
  return reply
}

function mustBeOwn({ peerId, addresses }: HandedOutPeer): void {
  for (const address of addresses) {
    const dialable = dialableAddress(address, peerId)
    if (dialable !== undefined)
      mustHold(dialable.endsWith(`/p2p/${peerId}`), 'an address is that of the peer it stands with')
  }
}

function asked(bytes: Uint8Array, random: Random): Promise<unknown> {
  const { signal } = new AbortController()
  return ask(answeredWith(bytes, random), peerNamed(PEER), PROTOCOL, {}, LIMITS, { signal })
}

async function readMembersAnswer(bytes: Uint8Array, random: Random): Promise<true> {
  const membership = membershipOf(PEER)
  const { signal } = new AbortController()
  await askAboutMembership(answeredWith(bytes, random), peerNamed(OTHER), membership, NOW, { signal })
  mustHold(membership.credential.peer === PEER, 'a member stays who it is')
  return true
}
