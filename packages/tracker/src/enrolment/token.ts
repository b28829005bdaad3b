/**
 * What an operator hands to a new machine: where a tracker is and who it is, a secret that is good once, and which root.json to
 * trust. Whoever holds it can become a member, so it is a secret until it is used.
 */
import { decode, encode } from '@ipld/dag-cbor'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface Token {
  /** Each ends in `/p2p/` and the id of a tracker. */
  trackers: Multiaddr[]
  /** 32 bytes. */
  secret: Uint8Array
  /** sha256 of the root.json to be trusted. */
  root: Uint8Array
}

const PREFIX = 'shoal1.'
const TOKEN = /^shoal1\.[A-Za-z0-9_-]+$/
const bytes32 = z.custom<Uint8Array>((value) => value instanceof Uint8Array).refine((bytes) => bytes.length === 32)
const schema = z.strictObject({
  trackers: z.array(z.string().max(LIMITS.addressCharactersMax)).min(1).max(LIMITS.tokenTrackersMax),
  secret: bytes32,
  root: bytes32,
})

export function encodeToken({ trackers, secret, root }: Token): string {
  const bytes = encode({ trackers: trackers.map((address) => address.toString()), secret, root })
  return PREFIX + Buffer.from(bytes).toString('base64url')
}

/** @throws TrackerError TOKEN_INVALID, which never repeats the token */
export function parseToken(text: string): Token {
  if (text.length > LIMITS.tokenCharactersMax || !TOKEN.test(text)) throw invalid()
  const { trackers, ...rest } = readFields(text)
  const token = { ...rest, trackers: trackers.map(readAddress) }
  // One spelling only: what differs was damaged on its way.
  if (encodeToken(token) !== text) throw invalid()
  return token
}

function readFields(text: string): z.infer<typeof schema> {
  try {
    return schema.parse(decode(Buffer.from(text.slice(PREFIX.length), 'base64url')))
  } catch (cause) {
    throw invalid(cause)
  }
}

function readAddress(text: string): Multiaddr {
  try {
    const address = multiaddr(text)
    if (address.getComponents().at(-1)?.name === 'p2p') return address
  } catch (cause) {
    throw invalid(cause)
  }
  throw invalid()
}

function invalid(cause?: unknown): TrackerError {
  return new TrackerError('TOKEN_INVALID', 'this is not a whole enrolment token', {
    cause,
    fix: 'copy all of what `shoal-tracker enroll-token` printed: it begins with shoal1.',
  })
}
