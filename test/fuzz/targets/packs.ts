/** Bytes of a pack as an origin sends them: whatever they are, only chunks come out. */
import { zstdCompressSync } from 'node:zlib'
import { sha256 } from '@shoal/release'
import { decodeFrame } from '../../../packages/peer/src/origin/decode-frame.ts'
import { createFrameReader } from '../../../packages/peer/src/origin/frame-reader.ts'
import type { Frame } from '../../../packages/peer/src/origin/plan-ranges.ts'
import { seededBytes } from '../../vectors/generate/seeded.ts'
import type { Random } from '../mutate.ts'
import { cut, mustHold, type Target } from '../target.ts'

/** One that does not compress, one that does, and one that compresses to next to nothing. */
export const CHUNKS = [seededBytes('chunk', 500), Buffer.from('a word and '.repeat(200)), new Uint8Array(100_000)]
const COMPRESSED = CHUNKS.map((chunk) => zstdCompressSync(chunk))
/** Between the frames lie bytes that nobody wants. */
const GAP_BYTES = 20
export const PACK = Buffer.concat(COMPRESSED.flatMap((frame) => [new Uint8Array(GAP_BYTES), frame]))
export const FRAMES: Frame[] = COMPRESSED.map(({ length }, chunk) => ({
  chunk,
  offset: GAP_BYTES + COMPRESSED.slice(0, chunk).reduce((sum, frame) => sum + GAP_BYTES + frame.length, 0),
  length,
}))

export const PACK_TARGETS: Target[] = [
  { name: 'pack-bytes', refusals: [], samples: () => [{ bytes: PACK, read: readPack }] },
  {
    name: 'pack-frame',
    refusals: [],
    samples: () => COMPRESSED.map((frame, chunk) => ({ bytes: frame, read: (bytes) => readFrame(bytes, chunk) })),
  },
]

/** @returns undefined when one of the chunks did not come */
async function readPack(bytes: Uint8Array, random: Random): Promise<true | undefined> {
  const reader = createFrameReader(FRAMES)
  reader.begin(0)
  let chunks = 0
  for (const piece of cut(bytes, random)) {
    for (const { frame, bytes: compressed } of reader.feed(piece)) {
      mustHold(compressed.length === frame.length, 'a frame is as long as the index says')
      if ((await readFrame(compressed, frame.chunk)) !== undefined) chunks += 1
    }
  }
  return chunks === CHUNKS.length ? true : undefined
}

async function readFrame(compressed: Uint8Array, chunk: number): Promise<true | undefined> {
  const expected = CHUNKS[chunk] ?? new Uint8Array()
  const bytes = await decodeFrame(compressed, expected.length, sha256(expected))
  if (bytes === undefined) return undefined
  mustHold(Buffer.compare(bytes, expected) === 0, 'what is decoded is the chunk')
  return true
}
