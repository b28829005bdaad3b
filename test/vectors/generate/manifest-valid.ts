import { DEFAULT_CHUNKING, encodeManifest, type EntryInput } from '@shoal/release'
import { describeManifest } from '../describe.ts'
import { directory, draft, file, items, symlink, type Draft } from './draft.ts'
import { sha256 } from './seeded.ts'
import type { Vector } from './write.ts'

const FULL = 262_144

function input(path: string, sizes: readonly number[], executable = false, name = path): EntryInput {
  const packed = items(name, sizes)
  const digests = new Uint8Array(sizes.length * 32)
  sizes.forEach((_, chunk) => digests.set(packed.subarray(chunk * 36, chunk * 36 + 32), chunk * 32))
  const size = sizes.reduce((sum, chunk) => sum + chunk, 0)
  const whole = sizes.length === 0 ? sha256('') : sizes.length === 1 ? digests : sha256(`whole file ${name}`)
  return { kind: 'file', path, size, executable, sha256: whole, chunks: { digests, sizes: Uint32Array.from(sizes) } }
}

/** `byHand` is the same release from the second encoder, where that is small enough to write down. */
function valid(name: string, why: string, entries: EntryInput[], byHand?: Draft): Vector {
  const names = { product: 'demo', version: '1.0.0', platform: 'any' }
  const { id, blocks, manifest } = encodeManifest({ ...names, chunking: DEFAULT_CHUNKING, entries })
  if (byHand !== undefined && byHand.id !== id) throw new Error(`the two encoders disagree about ${name}`)
  const byId = Object.fromEntries(blocks.map((block) => [block.id, block.bytes]))
  return { name, why, id, blocks: byId, expect: describeManifest(manifest) }
}

const times = (count: number, size: number): number[] => Array.from({ length: count }, () => size)

export const validManifests: Vector[] = [
  valid('one-file', 'the smallest release with content', [input('a', [100])], draft([[file('a')]])),
  valid('empty-file', 'a file of no bytes has no chunks', [input('a', [])], draft([[file('a', [])]])),
  valid(
    'kinds',
    'every kind of entry; names beyond ASCII; targets that stay inside',
    [
      input('bin/tool', [5], true),
      { kind: 'symlink', path: 'bin/alias', target: 'tool' },
      { kind: 'symlink', path: 'bin/up', target: '.././lib//x/' },
      { kind: 'directory', path: 'var/empty' },
      input('naïve/\u{1F41F}', [7]),
      input('naïve/\uffee', []),
    ],
    draft([
      [
        symlink('bin/alias', 'tool'),
        file('bin/tool', [5], { executable: true }),
        symlink('bin/up', '.././lib//x/'),
        file('naïve/\uffee', []),
        file('naïve/\u{1F41F}', [7]),
        directory('var/empty'),
      ],
    ]),
  ),
  valid('chunks-inline-64', 'the most chunks that stand in the entry', [input('a', times(64, 20_000))]),
  valid('chunks-linked-65', 'one more, and they have a block of their own', [input('a', times(65, 20_000))]),
  valid('chunks-linked-lists', 'a file with three chunk lists', [
    input('large', times(700, 16_384), false, 'large-15'),
  ]),
  valid('shared-chunks', 'a chunk that several places use stands in the table once', [
    input('a', [16_384, 16_384, 5]),
    input('b', [16_384, 16_384, 5], false, 'a'),
    input('c', [9]),
  ]),
  valid('spans', 'spans end at 1 MiB', [
    input('a', [...times(3, FULL), FULL - 1, FULL, 1]),
    ...Array.from({ length: 3 }, (_, i) => input(`b/${String(i).padStart(3, '0')}`, [i + 1])),
  ]),
  valid(
    'spans-many-chunks',
    'and at 256 chunks',
    Array.from({ length: 258 }, (_, i) => input(String(i).padStart(3, '0'), [i + 1])),
  ),
  valid(
    'entry-lists',
    'enough entries for three lists',
    Array.from({ length: 700 }, (_, i) => ({ kind: 'directory' as const, path: `d54-${String(i).padStart(3, '0')}` })),
  ),
]
