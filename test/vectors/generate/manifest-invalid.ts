import { blockIdOf } from '@shoal/release'
import type { Vector } from './write.ts'
import { encode, encodeMap, join, link, raw, type Value } from './cbor.ts'
import { directory, draft, draftOfBlocks, draftOfRoot, file, items, symlink, type Draft, type Map } from './draft.ts'
import { sha256 } from './seeded.ts'

const ONE = [[file('a')]]
const MiB = 1024 * 1024

function root(rule: string, change: Map, why: string): Vector {
  return refused(rule, why, draft(ONE, change))
}

function paths(rule: string, why: string, ...entries: Value[]): Vector {
  return refused(rule, why, draft([entries]))
}

/** A file whose chunk lists are blocks of their own; `chunks` is what the root states. */
function linked(lists: readonly Value[], size: number, chunks: number): Draft {
  const blocks = lists.map(encode)
  const links = blocks.map((bytes) => link(blockIdOf(bytes)))
  const whole = sha256('whole file large')
  const large = { kind: 'file', path: 'large', size, executable: false, sha256: whole, lists: links }
  return draft([[large]], { chunks, size }, blocks)
}

function refused(name: string, why: string, { id, blocks }: Draft): Vector {
  const rule = name.replace(/--.*/, '')
  return { name, why, code: rule.startsWith('block-') ? 'BLOCK_INVALID' : 'MANIFEST_INVALID', rule, id, blocks }
}

function tampered(): Draft {
  const good = draft(ONE)
  return { id: good.id, blocks: { ...good.blocks, [good.id]: encode({ other: true }) } }
}

function zeros(): Draft {
  const bytes = new Uint8Array(2 * MiB + 1)
  return { id: blockIdOf(bytes), blocks: { [blockIdOf(bytes)]: bytes } }
}

const sizes = (count: number): number[] => Array.from({ length: count }, () => 20_000)
const many = (count: number): Map[] =>
  Array.from({ length: count }, (_, i) => directory(`d${String(i).padStart(4, '0')}`))
const cut = (bytes: Uint8Array, chunks: number): Uint8Array[] => [bytes.slice(0, chunks * 36), bytes.slice(chunks * 36)]

const ENCODING: Vector[] = [
  refused('block-id', 'the root bytes hash to another id', tampered()),
  refused('block-size', 'the block has one byte more than 2 MiB', zeros()),
  refused('cbor', 'the root block is no CBOR', draftOfRoot(Buffer.from('ff', 'hex'))),
  refused('cbor--trailing', 'bytes follow the root map', draftOfRoot(join(encode({}), Uint8Array.of(0)))),
  refused(
    'cbor--integer',
    'an entry states its size in more bytes than needed',
    draft([[file('a', [], { size: raw('1800') })]]),
  ),
  refused(
    'cbor--order',
    'the keys of an entry are not in canonical order',
    draftOfBlocks(
      [
        join(
          Uint8Array.of(0x81),
          encodeMap([
            ['path', 'a'],
            ['kind', 'directory'],
          ]),
        ),
      ],
      [directory('a')],
    ),
  ),
  refused(
    'cbor--length',
    'the array of an entry list has an indefinite length',
    draftOfBlocks([join(Uint8Array.of(0x9f), encode(directory('a')), Uint8Array.of(0xff))], [directory('a')]),
  ),
  refused(
    'cbor--utf8',
    'a path is not UTF-8',
    draftOfBlocks([join(encode([directory('?')]).map((byte) => (byte === 0x3f ? 0xff : byte)))], [directory('?')]),
  ),
  refused('cbor--chunk-list', 'a chunk list is followed by more bytes', linked([raw('4000')], 0, 0)),
  refused('cbor--depth', 'arrays nest a hundred thousand deep', draftOfRoot(new Uint8Array(100_000).fill(0x81))),
]

const ROOT: Vector[] = [
  refused('root-shape', 'the root is an array', draftOfRoot(encode([1]))),
  root('root-keys', { extra: 1 }, 'the root has an unknown key'),
  refused('root-keys--missing', 'the root lacks its keys', draftOfRoot(encode({ v: 1, type: 'shoal/release' }))),
  root('root-type', { type: 'shoal/other' }, 'the type is another'),
  root('root-type--version', { v: 2 }, 'the version is another'),
  root('root-names', { product: '../evil' }, 'the product leaves its folder'),
  root('root-names--type', { version: 1 }, 'the version is a number'),
  root('root-chunking', { chunking: { min: 16384, avg: 65000, max: 262144 } }, 'the average is no power of two'),
  root('root-chunking--keys', { chunking: { min: 16384, avg: 65536 } }, 'max is missing'),
  root('root-chunking--order', { chunking: { min: 65536, avg: 65536, max: 262144 } }, 'min is not below avg'),
  root('root-chunking--size', { chunking: { min: 16384, avg: 65536, max: 2 * MiB } }, 'max is above 1 MiB'),
  root('root-entries', { entries: 1_048_577 }, 'more entries than a release may have'),
  root('root-entries--none', { entries: 0 }, 'a release without entries'),
  root('root-chunks', { chunks: 4_194_305 }, 'more chunks than a release may have'),
  root('root-size', { size: 2 ** 39 + 1 }, 'more bytes than a release may have'),
  root('root-size--negative', { size: -1 }, 'a negative size'),
  root('root-size--fraction', { size: 0.5 }, 'half a byte'),
  root('root-lists', { lists: [] }, 'no entry list'),
  root('root-lists--codec', { lists: [link(blockIdOf(encode(ONE[0] ?? [])), 0x55)] }, 'a link to raw bytes'),
  root('root-list-bytes', { listBytes: 256 * MiB + 1 }, 'more entry-list bytes than allowed'),
]

const LISTS: Vector[] = [
  refused('list-shape', 'an entry list is a map', draftOfBlocks([encode({})], [1])),
  refused('list-empty', 'an entry list is empty', draft([[]], { entries: 1 })),
  refused('list-split', 'two lists where the format makes one', draft([[directory('a')], [directory('b')]])),
  refused('list-split--long', 'one list where the format makes more', draft([many(4097)])),
  root('list-bytes', { listBytes: 1 }, 'the lists have more bytes than the root states'),
  root('list-bytes--fewer', { listBytes: 1000 }, 'the lists have fewer bytes than the root states'),
  refused('entry-shape', 'an entry is a number', draft([[7]])),
  refused('entry-kind', 'an entry is a device', draft([[directory('a', { kind: 'device' })]])),
  refused('entry-keys', 'an entry has an unknown key', draft([[directory('a', { owner: 'root' })]])),
  refused('entry-keys--both', 'a file has chunks and lists', draft([[file('a', [], { lists: [] })]])),
  root('entry-count', { entries: 2 }, 'the root states more entries than there are'),
  refused('entry-count--fewer', 'the lists hold more entries than the root states', draft([many(2)], { entries: 1 })),
]

const PATHS: Vector[] = [
  paths('path-type', 'a path is bytes', directory('a', { path: Buffer.from('a') })),
  paths('path-empty', 'a path is empty', file('')),
  paths('path-length', 'a path has 1025 bytes', file('a/'.repeat(512) + 'b')),
  paths('path-depth', 'a path has 65 segments', file('a/'.repeat(64) + 'b')),
  paths('path-absolute', 'a path begins at the root', file('/etc/passwd')),
  paths('path-absolute--drive', 'a path names a drive', file('C:/autoexec.bat')),
  paths('path-segment-empty', 'a path has an empty segment', file('a//b')),
  paths('path-segment-empty--end', 'a path ends in a slash', directory('a/')),
  paths('path-segment-dots', 'a path climbs', file('a/../../b')),
  paths('path-segment-dots--one', 'a path has a "." segment', file('./a')),
  paths('path-segment-length', 'a segment has 256 bytes', file('ä'.repeat(128))),
  paths('path-characters', 'a path has a backslash', file('a\\b')),
  paths('path-characters--nul', 'a path has a NUL', file('a\u0000b')),
  paths('path-characters--newline', 'a path has a newline', file('a\nb')),
  paths('path-characters--c1', 'a path has a C1 control character', file('a\u0085b')),
  paths('path-reserved', 'a path is a device name', file('bin/NUL')),
  paths('path-reserved--extension', 'a device name with an extension', file('com1.txt')),
  paths('path-trailing', 'a segment ends in a dot', file('a./b')),
  paths('path-trailing--space', 'a path ends in a space', file('a ')),
  paths('path-order', 'the paths are not in order', file('b'), file('a')),
  paths('path-order--utf8', 'in the order of UTF-16, not of UTF-8', file('\u{10000}'), file('\uffee')),
  paths('path-duplicate', 'a path appears twice', file('a'), file('a')),
  paths('path-collision', 'paths that differ in case', file('README'), file('readme')),
  paths('path-collision--folder', 'folders that differ in case', file('Lib/a'), file('lib/b')),
  paths('path-collision--form', 'one name, composed and decomposed', file('e\u0301'), file('\u00e9')),
  paths('path-collision--sharp', 'names that meet in upper case', file('STRASSE'), file('straße')),
  paths('path-beneath-file', 'a path is a file and a folder', file('a'), file('a/b')),
  paths('path-beneath-symlink', 'an entry lies beneath a symlink', symlink('a', 'b'), file('a/c'), directory('b')),
  paths('directory-not-empty', 'an empty folder holds a file', directory('a'), file('a/b')),
  paths('symlink-target', 'a target is empty', symlink('a', '')),
  paths('symlink-target--type', 'a target is a number', symlink('a', 1)),
  paths('symlink-target--backslash', 'a target has a backslash', symlink('a', '..\\b')),
  paths('symlink-absolute', 'a target is absolute', symlink('a', '/etc/passwd')),
  paths('symlink-absolute--drive', 'a target names a drive', symlink('a', 'C:b')),
  paths('symlink-escape', 'a target leaves the tree', symlink('a/b', '../../c')),
  paths('symlink-dots', 'a target climbs from behind a name', symlink('a/b', 'c/../d')),
]

const FILES: Vector[] = [
  paths('file-size', 'a size is negative', file('a', [], { size: -1 })),
  paths('file-size--text', 'a size is text', file('a', [], { size: '0' })),
  paths('file-executable', 'the executable bit is a number', file('a', [], { executable: 1 })),
  paths('file-sha256', 'a digest has 31 bytes', file('a', [], { sha256: new Uint8Array(31) })),
  paths('file-empty', 'an empty file with the digest of something', file('a', [], { sha256: sha256('something') })),
  paths('file-single', 'a file of one chunk with another digest', file('a', [5], { sha256: sha256('something') })),
  paths('chunks-shape', 'the chunk items have 35 bytes', file('a', [], { chunks: new Uint8Array(35) })),
  refused('chunks-shape--links', 'a file links no chunk list', linked([], 0, 0)),
  paths('chunks-inline', '65 chunks inline', file('a', sizes(65))),
  refused('chunks-linked', '64 chunks in a chunk list', linked([items('a', sizes(64))], 64 * 20_000, 64)),
  refused('chunk-list-shape', 'a chunk list is empty', linked([new Uint8Array()], 0, 0)),
  refused('chunk-list-shape--array', 'a chunk list is an array', linked([[]], 0, 0)),
  refused('chunk-list-split', 'two chunk lists for one', linked(cut(items('a', sizes(66)), 33), 66 * 20_000, 66)),
  paths('chunk-size', 'a chunk is larger than max', file('a', [262145])),
  paths('chunk-size--small', 'a chunk before the last is smaller than min', file('a', [16383, 20_000])),
  paths('chunk-size--zero', 'a chunk is empty', file('a', [0])),
  paths('chunk-size-conflict', 'a chunk appears with two sizes', file('a', [5]), { ...file('a', [6]), path: 'b' }),
  root('chunk-count', { chunks: 2 }, 'the root states more chunks than there are'),
  refused(
    'chunk-count--fewer',
    'a chunk list has more chunks than the root states',
    linked([items('a', sizes(65))], 65 * 20_000, 64),
  ),
  paths('size-file', 'a file has another size than its chunks', file('a', [5], { size: 6 })),
  root('size-release', { size: 99 }, 'the release has another size than its files'),
]

export const invalidManifests: Vector[] = [...ENCODING, ...ROOT, ...LISTS, ...PATHS, ...FILES]
