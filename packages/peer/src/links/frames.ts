/**
 * The chunk protocol on a link: frames of `u32be length of the rest, u8 type, body`. The requester opens the link and asks;
 * the other side answers. docs/protocol.md specifies every frame. Decoding is strict: anything odd ends the link.
 */
import { isMetadataFile } from '@shoal/release'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export const FRAME = {
  hello: 1,
  join: 2,
  leave: 3,
  requestSpan: 4,
  cancel: 5,
  requestBlock: 6,
  requestMetadata: 7,
  requestPeers: 8,
  available: 16,
  have: 17,
  unavailable: 18,
  data: 19,
  end: 20,
  fetching: 21,
} as const

export const STATUS = { ok: 0, absent: 1, busy: 2, refused: 3 } as const

export interface Hello {
  role: 'device' | 'cache'
  /** Where it takes lanes, at the host of its connection; 0 when it takes none. */
  lanePort: number
  site: string
}

/** Asked by the side that opened the link. A `slot` stands for a release on this link, an `id` for a request. */
export type Ask =
  | ({ type: 'hello' } & Hello)
  | { type: 'join'; slot: number; release: Uint8Array }
  | { type: 'leave'; slot: number }
  /** The chunks of the span whose bits are set, in order; `mask` bit i is the span's chunk i. */
  | { type: 'requestSpan'; id: number; slot: number; span: number; mask: Uint8Array }
  | { type: 'cancel'; id: number }
  | { type: 'requestBlock'; id: number; digest: Uint8Array }
  | { type: 'requestMetadata'; id: number; file: string }
  | { type: 'requestPeers'; id: number }

/** Answered by the side that accepted it. */
export type Answer =
  | ({ type: 'hello' } & Hello)
  | { type: 'available'; slot: number; spans: Uint8Array }
  | { type: 'have'; slot: number; span: number }
  | { type: 'unavailable'; slot: number }
  /** From beyond its site; `began` is false when it does so no longer. */
  | { type: 'fetching'; slot: number; span: number; began: boolean }
  | { type: 'data'; id: number; bytes: Uint8Array }
  | { type: 'end'; id: number; status: number }

const SITE_PATTERN = /^[A-Za-z0-9._-]{0,64}$/
const MASK_BYTES = 32
const DIGEST_BYTES = 32

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeAsk(ask: Ask): Uint8Array {
  switch (ask.type) {
    case 'hello':
      return encodeHello(ask)
    case 'join':
      return frame(FRAME.join, u16(ask.slot), ask.release)
    case 'leave':
      return frame(FRAME.leave, u16(ask.slot))
    case 'requestSpan':
      return frame(FRAME.requestSpan, u32(ask.id), u16(ask.slot), u32(ask.span), ask.mask)
    case 'cancel':
      return frame(FRAME.cancel, u32(ask.id))
    case 'requestBlock':
      return frame(FRAME.requestBlock, u32(ask.id), ask.digest)
    case 'requestMetadata':
      return frame(FRAME.requestMetadata, u32(ask.id), encoder.encode(ask.file))
    case 'requestPeers':
      return frame(FRAME.requestPeers, u32(ask.id))
  }
}

export function encodeAnswer(answer: Exclude<Answer, { type: 'data' }>): Uint8Array {
  switch (answer.type) {
    case 'hello':
      return encodeHello(answer)
    case 'available':
      return frame(FRAME.available, u16(answer.slot), answer.spans)
    case 'have':
      return frame(FRAME.have, u16(answer.slot), u32(answer.span))
    case 'unavailable':
      return frame(FRAME.unavailable, u16(answer.slot))
    case 'fetching':
      return frame(FRAME.fetching, u16(answer.slot), u32(answer.span), Uint8Array.of(answer.began ? 1 : 0))
    case 'end':
      return frame(FRAME.end, u32(answer.id), Uint8Array.of(answer.status))
  }
}

export const DATA_HEADER_BYTES = 9

/** The header of a data frame; the payload follows it on the link and is never copied into a message. */
export function encodeDataHeader(id: number, payloadBytes: number): Uint8Array {
  const header = new Uint8Array(DATA_HEADER_BYTES)
  const view = new DataView(header.buffer)
  view.setUint32(0, 5 + payloadBytes)
  header[4] = FRAME.data
  view.setUint32(5, id)
  return header
}

export function decodeAsk(type: number, body: Uint8Array): Ask {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  switch (type) {
    case FRAME.hello:
      return decodeHello(body)
    case FRAME.join:
      expectLength(type, body, 2 + DIGEST_BYTES)
      return { type: 'join', slot: view.getUint16(0), release: body.slice(2) }
    case FRAME.leave:
      expectLength(type, body, 2)
      return { type: 'leave', slot: view.getUint16(0) }
    case FRAME.requestSpan:
      expectLength(type, body, 10 + MASK_BYTES)
      return {
        type: 'requestSpan',
        id: view.getUint32(0),
        slot: view.getUint16(4),
        span: view.getUint32(6),
        mask: body.slice(10),
      }
    case FRAME.cancel:
      expectLength(type, body, 4)
      return { type: 'cancel', id: view.getUint32(0) }
    case FRAME.requestBlock:
      expectLength(type, body, 4 + DIGEST_BYTES)
      return { type: 'requestBlock', id: view.getUint32(0), digest: body.slice(4) }
    case FRAME.requestMetadata:
      if (body.length < 5 || body.length > 4 + LIMITS.metadataNameBytesMax) throw violation(`frame ${type}: bad length`)
      return { type: 'requestMetadata', id: view.getUint32(0), file: metadataName(body.subarray(4)) }
    case FRAME.requestPeers:
      expectLength(type, body, 4)
      return { type: 'requestPeers', id: view.getUint32(0) }
    default:
      throw violation(`frame type ${type} is not one to ask with`)
  }
}

export function decodeAnswer(type: number, body: Uint8Array): Exclude<Answer, { type: 'data' }> {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  switch (type) {
    case FRAME.hello:
      return decodeHello(body)
    case FRAME.available:
      if (body.length < 2) throw violation(`frame ${type}: bad length`)
      return { type: 'available', slot: view.getUint16(0), spans: body.slice(2) }
    case FRAME.have:
      expectLength(type, body, 6)
      return { type: 'have', slot: view.getUint16(0), span: view.getUint32(2) }
    case FRAME.unavailable:
      expectLength(type, body, 2)
      return { type: 'unavailable', slot: view.getUint16(0) }
    case FRAME.fetching:
      expectLength(type, body, 7)
      if ((body[6] ?? 2) > 1) throw violation(`frame ${type}: neither begun nor ended`)
      return { type: 'fetching', slot: view.getUint16(0), span: view.getUint32(2), began: body[6] === 1 }
    case FRAME.end:
      expectLength(type, body, 5)
      return { type: 'end', id: view.getUint32(0), status: body[4] ?? 0 }
    default:
      throw violation(`frame type ${type} is not one to answer with`)
  }
}

export function violation(message: string): PeerError {
  return new PeerError('PROTOCOL_VIOLATION', message)
}

function encodeHello(hello: Hello): Uint8Array {
  const role = Uint8Array.of(hello.role === 'cache' ? 1 : 0)
  return frame(FRAME.hello, role, u16(hello.lanePort), encoder.encode(hello.site))
}

function decodeHello(body: Uint8Array): { type: 'hello' } & Hello {
  const [role, high, low] = body
  if (role === undefined || high === undefined || low === undefined) throw violation('hello: too short')
  if (role > 1 || body.length > 67) throw violation('hello: bad length or role')
  const site = text(body.subarray(3))
  if (!SITE_PATTERN.test(site)) throw violation('hello: the site has a character that is not allowed')
  return { type: 'hello', role: role === 1 ? 'cache' : 'device', lanePort: (high << 8) | low, site }
}

function metadataName(bytes: Uint8Array): string {
  const name = text(bytes)
  if (!isMetadataFile(name)) throw violation('a name that no file of metadata has')
  return name
}

function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new PeerError('PROTOCOL_VIOLATION', 'a name is not UTF-8', { cause })
  }
}

function expectLength(type: number, body: Uint8Array, length: number): void {
  if (body.length !== length) throw violation(`frame ${type}: ${body.length} bytes where ${length} belong`)
}

function frame(type: number, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 1)
  const bytes = new Uint8Array(4 + length)
  new DataView(bytes.buffer).setUint32(0, length)
  bytes[4] = type
  let at = 5
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value)
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
}
