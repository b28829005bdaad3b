/** What an honest neighbour says on a link, as one stream of bytes. */
import { blockDigest, sha256 } from '@shoal/release'
import { encodeAnswer, encodeAsk, encodeDataHeader, STATUS } from '../../../packages/peer/src/links/frames.ts'
import { MANIFEST } from './small-release.ts'

export const HELLO = { role: 'device', lanePort: 7_071, site: 'waw-1' } as const
export const BLOCK = Uint8Array.of(0xa0)
export const METADATA = Buffer.from('{"signed":{}}')
export const PEERS = Uint8Array.of(0x80)
export const SPAN_BYTES = 3_000
export const MASK = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 0b111 : 0))

const JOIN = encodeAsk({ type: 'join', slot: 1, release: blockDigest(MANIFEST.id) })
const LEAVE = encodeAsk({ type: 'leave', slot: 1 })

export const ASKED = Buffer.concat([
  encodeAsk({ type: 'hello', ...HELLO }),
  JOIN,
  encodeAsk({ type: 'requestSpan', id: 1, slot: 1, span: 0, mask: MASK }),
  encodeAsk({ type: 'requestBlock', id: 2, digest: sha256(BLOCK) }),
  encodeAsk({ type: 'requestMetadata', id: 3, file: '3.root.json' }),
  encodeAsk({ type: 'requestPeers', id: 4 }),
  encodeAsk({ type: 'cancel', id: 4 }),
  LEAVE,
])

export const JOINED_AGAIN_AND_AGAIN = Buffer.concat([
  encodeAsk({ type: 'hello', ...HELLO }),
  ...Array.from({ length: 40 }, () => [JOIN, LEAVE]).flat(),
])

/** To two requests for a span, one for metadata and one for peers. */
export const ANSWERED = Buffer.concat([
  encodeAnswer({ type: 'hello', ...HELLO }),
  encodeAnswer({ type: 'available', slot: 1, spans: Uint8Array.of(0b110) }),
  encodeAnswer({ type: 'have', slot: 1, span: 0 }),
  ...whole(1, new Uint8Array(SPAN_BYTES).fill(1)),
  encodeAnswer({ type: 'end', id: 2, status: STATUS.busy }),
  ...whole(3, METADATA),
  ...whole(4, PEERS),
  encodeAnswer({ type: 'unavailable', slot: 1 }),
])

function whole(id: number, bytes: Uint8Array): Uint8Array[] {
  return [encodeDataHeader(id, bytes.length), bytes, encodeAnswer({ type: 'end', id, status: STATUS.ok })]
}
