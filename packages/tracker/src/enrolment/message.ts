/** What is said when a token is turned in. The question is one frame, so that from outside it looks like that of a member. */
import { decode, encode } from '@ipld/dag-cbor'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { TrackerError } from '../error.ts'
import { FRAME_BYTES } from '../handshake/seal.ts'
import { LIMITS } from '../limits.ts'

const SECRET_BYTES = 32
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)
const bytes32 = bytes.refine((value) => value.length === 32)

const schema = z.discriminatedUnion('status', [
  z.strictObject({
    v: z.literal(1),
    status: z.literal('ok'),
    /** root.json, as its digest stands in the token. */
    root: bytes,
    credential: bytes,
    /** The member secret of the fleet. */
    secret: bytes32,
    trackers: z
      .array(z.string().max(LIMITS.addressCharactersMax).refine(isAddress, 'a multiaddr'))
      .max(LIMITS.tokenTrackersMax),
  }),
  z.strictObject({ v: z.literal(1), status: z.enum(['used', 'expired', 'revoked', 'full']) }),
])

export type EnrolmentAnswer = z.infer<typeof schema>

/** The token's secret, and noise up to the size of every frame. */
export function encodeQuestion(tokenSecret: Uint8Array): Uint8Array {
  return Buffer.concat([tokenSecret, randomBytes(FRAME_BYTES - SECRET_BYTES)])
}

/** What would be the token's secret, if the frame were such a question. */
export function tokenSecretIn(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, SECRET_BYTES)
}

export function encodeAnswer(answer: EnrolmentAnswer): Uint8Array {
  return encode(answer)
}

/** @throws TrackerError REPLY_INVALID */
export function parseAnswer(answer: Uint8Array): EnrolmentAnswer {
  try {
    return schema.parse(decode(answer))
  } catch (cause) {
    throw new TrackerError('REPLY_INVALID', 'the tracker answered with something else than an enrolment', { cause })
  }
}

function isAddress(text: string): boolean {
  try {
    multiaddr(text)
    return true
  } catch {
    return false
  }
}
