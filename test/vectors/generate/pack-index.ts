import { blockDigest, blockIdOf } from '@shoal/release'
import { sha256 } from './seeded.ts'
import type { Vector } from './write.ts'

const ID = blockIdOf(Buffer.from('a release'))
const SIZES = [1000, 2000, 3000]
const MiB = 1024 * 1024

interface Parts {
  magic: string
  version: number
  release: Uint8Array
  packs: [name: string, length: number][]
  frames: [pack: number, offset: number, length: number][]
  packCount: number
  chunkCount: number
}

function build(change: Partial<Parts> = {}, more = Buffer.alloc(0)): Uint8Array {
  const parts: Omit<Parts, 'packCount' | 'chunkCount'> & Partial<Parts> = {
    magic: 'shoalpix',
    version: 1,
    release: blockDigest(ID),
    packs: [
      ['one', 5000],
      ['two', 6000],
    ],
    frames: [
      [0, 0, 900],
      [1, 100, 1900],
      [0, 900, 2900],
    ],
    ...change,
  }
  const packCount = parts.packCount ?? parts.packs.length
  const chunkCount = parts.chunkCount ?? parts.frames.length
  return Buffer.concat([
    Buffer.from(parts.magic),
    words(parts.version),
    parts.release,
    words(packCount, chunkCount),
    ...parts.packs.flatMap(([name, length]) => [sha256(name), words(length)]),
    ...parts.frames.map((frame) => words(...frame)),
    more,
  ])
}

function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, at) => bytes.writeUInt32BE(number, at * 4))
  return bytes
}

function invalid(name: string, why: string, bytes: Uint8Array): Vector {
  return { name, why, code: 'PACK_INDEX_INVALID', rule: name.replace(/--.*/, ''), id: ID, chunkSizes: SIZES, bytes }
}

const frames = (...all: Parts['frames']): Uint8Array => build({ frames: all })

export const validIndexes: Vector[] = [
  {
    name: 'two-packs',
    why: 'chunks of a release in two packs',
    id: ID,
    chunkSizes: SIZES,
    bytes: build(),
    expect: {
      packs: [
        { sha256: Buffer.from(sha256('one')).toString('hex'), length: 5000 },
        { sha256: Buffer.from(sha256('two')).toString('hex'), length: 6000 },
      ],
      pack: [0, 1, 0],
      offset: [0, 100, 900],
      length: [900, 1900, 2900],
    },
  },
  {
    name: 'no-chunks',
    why: 'a release of empty files needs no pack',
    id: ID,
    chunkSizes: [],
    bytes: build({ packs: [], frames: [] }),
    expect: { packs: [], pack: [], offset: [], length: [] },
  },
]

export const invalidIndexes: Vector[] = [
  invalid('index-length', 'one byte too many', build({}, Buffer.alloc(1))),
  invalid('index-length--short', 'less than a header', build().subarray(0, 51)),
  invalid('index-magic', 'another kind of file', build({ magic: 'shoalpiz' })),
  invalid('index-version', 'a later version', build({ version: 2 })),
  invalid('index-release', 'the index of another release', build({ release: sha256('other') })),
  invalid('index-chunks', 'fewer chunks than the release', build({ chunkCount: 2 })),
  invalid('index-packs', 'more packs than an index may name', build({ packCount: 65_537 })),
  invalid('pack-length', 'an empty pack', build({ packs: [['one', 0]] })),
  invalid('pack-length--long', 'a pack above 64 MiB', build({ packs: [['one', 64 * MiB + 1]] })),
  invalid(
    'pack-duplicate',
    'one pack twice',
    build({
      packs: [
        ['one', 5000],
        ['one', 6000],
      ],
    }),
  ),
  invalid('pack-unused', 'a pack without a chunk', frames([0, 0, 900], [0, 900, 1900], [0, 2000, 2900])),
  invalid('pack-order', 'packs not in the order of first use', frames([1, 0, 900], [0, 0, 1900], [0, 1900, 2900])),
  invalid('frame-pack', 'a chunk in a pack that is not there', frames([0, 0, 900], [2, 0, 1900], [1, 0, 2900])),
  invalid('frame-length', 'an empty frame', frames([0, 0, 0], [1, 0, 1900], [1, 1900, 2900])),
  invalid('frame-length--long', 'a frame longer than zstd makes', frames([0, 0, 1132], [1, 0, 1900], [1, 1900, 2900])),
  invalid('frame-range', 'a frame beyond the end of its pack', frames([0, 4101, 900], [1, 0, 1900], [1, 1900, 2900])),
]
