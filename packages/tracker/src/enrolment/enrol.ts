/** Turns a token in: one connection to a tracker that ends with its handshake, before there is any muxer. */
import { noise } from '@chainsafe/libp2p-noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { sha256 } from '@shoal/release'
import { createLibp2p, type Libp2p } from 'libp2p'
import { TrackerError } from '../error.ts'
import { readBlob } from '../handshake/blob.ts'
import { guarded, type Handshake } from '../handshake/guard.ts'
import { LIMITS } from '../limits.ts'
import { stopNode } from '../node/stop.ts'
import { encodeQuestion, parseAnswer, type EnrolmentAnswer } from './message.ts'
import type { Token } from './token.ts'

export interface Enrolled {
  /** root.json; its digest is the one in the token. */
  root: Uint8Array
  /** Signed, of this peer; not judged here. */
  credential: Uint8Array
  /** The member secret of the fleet. */
  secret: Uint8Array
  trackers: Multiaddr[]
}

/**
 * Asks the trackers of the token, one after another, until one enrols this peer.
 * @throws TrackerError ENROLMENT_REFUSED, UNREACHABLE, REPLY_INVALID, TIMEOUT
 */
export async function enrol(token: Token, privateKey: PrivateKey, signal: AbortSignal): Promise<Enrolled> {
  let failure: unknown
  for (const address of token.trackers) {
    try {
      return await enrolAt(address, token, privateKey, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof TrackerError && error.code === 'ENROLMENT_REFUSED') throw error
      failure = error
    }
  }
  throw failure
}

async function enrolAt(
  address: Multiaddr,
  token: Token,
  privateKey: PrivateKey,
  signal: AbortSignal,
): Promise<Enrolled> {
  let answer: EnrolmentAnswer | undefined
  const handshake: Handshake = {
    async dialled(channel) {
      await channel.write(encodeQuestion(token.secret))
      answer = parseAnswer(await readBlob(channel, LIMITS.enrolmentBytesMax))
      throw new Error('this connection was for its handshake only')
    },
    accepted: () => Promise.reject(new Error('this node is dialled by nobody')),
  }
  const node = await createLibp2p({
    privateKey,
    transports: [tcp()],
    connectionEncrypters: [guarded(tls(), handshake), guarded(noise(), handshake)],
    streamMuxers: [],
  })
  try {
    await dial(node, address, signal)
  } catch (cause) {
    signal.throwIfAborted()
    if (answer === undefined) throw unreachable(address, cause)
  } finally {
    await stopNode(node)
  }
  if (answer === undefined) throw unreachable(address)
  return accept(answer, token, peerIdFromPrivateKey(privateKey).toString())
}

async function dial(node: Libp2p, address: Multiaddr, signal: AbortSignal): Promise<void> {
  await node.dial(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.enrolmentTimeoutMs)]) })
}

function accept(answer: EnrolmentAnswer, token: Token, peer: string): Enrolled {
  if (answer.status !== 'ok') throw refusal(answer.status, peer)
  const { root, credential, secret, trackers } = answer
  if (Buffer.compare(sha256(root), token.root) !== 0) {
    throw new TrackerError('REPLY_INVALID', 'the tracker sent another root.json than the token names')
  }
  return { root, credential, secret, trackers: trackers.map((text) => multiaddr(text)) }
}

const REFUSALS = {
  used: ['this token has been used', 'ask for a new one: `shoal-tracker enroll-token`'],
  expired: ['this token has expired', 'ask for a new one: `shoal-tracker enroll-token`'],
  revoked: ['this peer was revoked', 'remove its identity.key and enrol it anew, if it shall be a member again'],
  full: ['the fleet has no room for another member', 'ask the operator of the tracker'],
} as const

function refusal(status: keyof typeof REFUSALS, peer: string): TrackerError {
  const [message, fix] = REFUSALS[status]
  return new TrackerError('ENROLMENT_REFUSED', `${message} (peer ${peer})`, { fix })
}

function unreachable(address: Multiaddr, cause?: unknown): TrackerError {
  return new TrackerError('UNREACHABLE', `the tracker at ${address.toString()} enrols nobody with this token`, {
    cause,
    fix: 'check that it runs and can be reached, and that the token is one of its own; else ask for a new token',
  })
}
