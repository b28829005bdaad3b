/** What is read before two members know each other: by the one that is dialled, by the one that dials, and by who enrols. */
import { CREDENTIAL_BYTES_MAX, ReleaseError } from '@shoal/release'
import { memberHandshake, parseToken, TrackerError } from '@shoal/tracker/client'
import { parseAnswer } from '../../../packages/tracker/src/enrolment/message.ts'
import { credentialOf, membershipOf, revoking, SECRET } from '../../../packages/tracker/src/fixture/fleet.ts'
import { encodeRoot } from '../../../packages/tracker/src/fixture/root.ts'
import type { Channel } from '../../../packages/tracker/src/handshake/guard.ts'
import { openFrame, sealFrame, type FrameContext } from '../../../packages/tracker/src/handshake/seal.ts'
import { encode } from '../../vectors/generate/cbor.ts'
import { sha256 } from '../../vectors/generate/seeded.ts'
import { mustHold, type Target } from '../target.ts'
import { ADDRESSES, OTHER, PEER } from './peers.ts'

/** The other side went before all was read. */
class Gone extends Error {}

const REFUSALS = [TrackerError, ReleaseError, Gone]
const TOKEN = { trackers: [ADDRESSES[0] ?? ''], secret: sha256('secret'), root: sha256('root') }
const ANSWER = {
  v: 1,
  status: 'ok',
  root: encodeRoot(),
  credential: credentialOf(PEER),
  secret: SECRET,
  trackers: ADDRESSES,
}

export const HANDSHAKE_TARGETS: Target[] = [
  {
    name: 'sealed-frame',
    refusals: [],
    samples: () => [{ bytes: sealed('dialler', credentialOf(OTHER)), read: openAsListener }],
  },
  {
    name: 'handshake-accepted',
    refusals: REFUSALS,
    samples: () => [
      { bytes: sealed('dialler', credentialOf(OTHER)), read: accept },
      // A member says what it likes under the secret that it knows.
      { bytes: credentialOf(OTHER), read: (message) => accept(sealed('dialler', bounded(message))) },
    ],
  },
  {
    name: 'handshake-dialled',
    refusals: REFUSALS,
    samples: () => [
      { bytes: credentialOf(OTHER), read: (message) => dial(sealed('listener', bounded(message))) },
      { bytes: blob(revoking(1, OTHER)), read: (list) => dialRevoked(list) },
    ],
  },
  {
    name: 'enrolment-answer',
    refusals: [TrackerError],
    samples: () => [
      { bytes: encode(ANSWER), read: parseAnswer },
      { bytes: encode({ v: 1, status: 'used' }), read: parseAnswer },
    ],
  },
  {
    name: 'token',
    refusals: [TrackerError],
    samples: () => [
      { bytes: Buffer.from(tokenText(encode(TOKEN))), read: (bytes) => parseToken(Buffer.from(bytes).toString()) },
      { bytes: encode(TOKEN), read: (bytes) => parseToken(tokenText(bytes)) },
    ],
  },
]

function sealed(sender: FrameContext['sender'], message: Uint8Array): Uint8Array {
  const [dialler, listener] = sender === 'dialler' ? [OTHER, PEER] : [PEER, OTHER]
  return sealFrame(SECRET, { dialler, listener, sender }, message)
}

function openAsListener(frame: Uint8Array): Uint8Array | undefined {
  const message = openFrame(SECRET, { dialler: OTHER, listener: PEER, sender: 'dialler' }, frame)
  if (message !== undefined) {
    mustHold(Buffer.compare(message, credentialOf(OTHER)) === 0, 'a frame that opens is one that was sealed')
  }
  return message
}

async function accept(said: Uint8Array): Promise<true> {
  const membership = membershipOf(PEER)
  await memberHandshake(membership).accepted(channelOf(said), OTHER)
  mustHold(membership.memberOf(OTHER)?.peer === OTHER, 'who is let in is who it says')
  return true
}

async function dial(said: Uint8Array): Promise<true> {
  const membership = membershipOf(PEER)
  await memberHandshake(membership).dialled(channelOf(said), OTHER)
  mustHold(membership.memberOf(OTHER)?.peer === OTHER, 'who is let in is who it says')
  return true
}

/** A revoked peer takes the list that says so, and is refused in any case. */
async function dialRevoked(list: Uint8Array): Promise<true | undefined> {
  const membership = membershipOf(PEER)
  const said = Buffer.concat([sealed('listener', new Uint8Array()), list])
  try {
    await memberHandshake(membership).dialled(channelOf(said), OTHER)
  } catch (error) {
    if (membership.sequence > 0) return true
    throw error
  }
  return undefined
}

function channelOf(said: Uint8Array): Channel {
  let at = 0
  return {
    read(bytes) {
      if (at + bytes > said.length) return Promise.reject(new Gone('gone'))
      at += bytes
      return Promise.resolve(said.slice(at - bytes, at))
    },
    write: () => Promise.resolve(),
    ended: () => Promise.resolve(),
  }
}

function bounded(message: Uint8Array): Uint8Array {
  return message.subarray(0, CREDENTIAL_BYTES_MAX)
}

function blob(bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(bytes.length)
  return Buffer.concat([header, bytes])
}

function tokenText(bytes: Uint8Array): string {
  return `shoal1.${Buffer.from(bytes).toString('base64url')}`
}
