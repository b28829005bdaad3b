import { parseBlockId, type BlockId } from '@shoal/release'
import { appendFile, mkdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deliver, installSample, NEVER, putBlocks } from './fixture/deliver.ts'
import { describeTree, readTree, temporaryFolder } from './fixture/read-tree.ts'
import { noise, releaseOf, type Tree } from './fixture/release-of.ts'
import { openStore } from './store.ts'

const TREE: Tree = {
  'bin/tool': { bytes: noise(50_000, 1), executable: true },
  'data/big': { bytes: noise(3_000_000, 2) },
  'data/copy': { bytes: noise(50_000, 1) },
  'data/empty': { bytes: new Uint8Array() },
  'data/zeros': { bytes: new Uint8Array(100_000) },
  'empty/inner': 'folder',
  'ünï/näme': { bytes: noise(10, 3) },
  link: { target: 'bin/tool' },
  note: { bytes: noise(5, 4) },
}

test('assembles a tree and makes it current', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  await using store = await openStore(folder.path)
  expect(await store.current()).toBeUndefined()
  await installSample(store, release)
  expect(await store.current()).toBe(release.manifest.id)
  expect(await store.installed()).toEqual([release.manifest.id])
  expect(await readTree(join(folder.path, 'current'))).toEqual(describeTree(TREE))
})

test('serves chunks while the rest is missing, and from the installed release afterwards', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  const { manifest } = release
  await using store = await openStore(folder.path)
  await putBlocks(store, release)
  const staging = await store.stage(manifest, { signal: NEVER })
  const first = staging.missingChunks(0)
  await staging.writeChunks(0, first, release.bytesOf(first))
  expect(staging.hasSpan(0)).toBe(true)
  expect(staging.hasSpan(1)).toBe(false)
  expect(staging.spanBitmap()[0]).toBe(1)
  const into = new Uint8Array(2 << 20)
  const some = first.filter((chunk) => chunk % 3 !== 0)
  const size = await staging.readChunks(0, some, into)
  expect(Buffer.compare(into.subarray(0, size), release.bytesOf(some))).toBe(0)
  await expect(staging.readChunks(1, [manifest.chunks.count - 1], into)).rejects.toMatchObject({ code: 'CHUNK_GONE' })

  await deliver(staging, release)
  await staging.finish()
  for (const holding of [staging, await store.open(manifest)]) {
    for (let span = 0; span < manifest.spans.count; span++) {
      const chunks = [...Array(manifest.chunks.count).keys()].filter((chunk) => manifest.spans.spanOf(chunk) === span)
      const count = await holding?.readChunks(span, chunks, into)
      expect(Buffer.compare(into.subarray(0, count), release.bytesOf(chunks))).toBe(0)
    }
    await holding?.[Symbol.asyncDispose]()
  }
})

test('writes nothing of chunks of which one has other bytes', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  await using store = await openStore(folder.path)
  await using staging = await store.stage(release.manifest, { signal: NEVER })
  const chunks = staging.missingChunks(0)
  const bytes = release.bytesOf(chunks)
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
  await expect(staging.writeChunks(0, chunks, bytes)).rejects.toMatchObject({ code: 'CHUNK_MISMATCH' })
  await expect(staging.writeChunks(0, chunks, bytes.subarray(1))).rejects.toMatchObject({ code: 'CHUNK_MISMATCH' })
  await expect(staging.writeChunks(0, [chunks.length], bytes)).rejects.toMatchObject({ code: 'CHUNK_MISMATCH' })
  expect(staging.missingChunks(0)).toEqual(chunks)
  expect(staging.missingBytes).toBe(release.manifest.chunks.bytes)
})

test('takes the same chunk from two at once', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  await using store = await openStore(folder.path)
  await using staging = await store.stage(release.manifest, { signal: NEVER })
  await Promise.all([deliver(staging, release), deliver(staging, release), deliver(staging, release)])
  expect(staging.complete).toBe(true)
  await staging.finish()
  expect(await readTree(join(folder.path, 'releases', release.manifest.id))).toEqual(describeTree(TREE))
})

test('no longer offers what changed in an installed release, and still serves what did not', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  const { manifest } = release
  await using store = await openStore(folder.path)
  await installSample(store, release)
  const big = manifest.entries.find(({ path }) => path === 'data/big')
  const chunks = big?.kind === 'file' ? big.chunks : new Uint32Array()
  const path = join(folder.path, 'current/data/big')
  const content = await readFile(path)
  content[2_999_999] = (content[2_999_999] ?? 0) ^ 1
  await writeFile(path, content)

  await using holding = await store.open(manifest)
  const into = new Uint8Array(2 << 20)
  const [first, last] = [chunks[0] ?? 0, chunks.at(-1) ?? 0]
  const count = await holding?.readChunks(0, [first], into)
  expect(Buffer.compare(into.subarray(0, count), release.bytesOf([first]))).toBe(0)
  expect(holding?.complete).toBe(true)
  await expect(holding?.readChunks(0, [last], into)).rejects.toMatchObject({ code: 'CHUNK_GONE' })
  expect(holding?.hasChunk(last)).toBe(false)
  expect(holding?.hasSpan(manifest.spans.spanOf(last))).toBe(false)
  expect(holding?.complete).toBe(false)
})

test('serves a chunk from its second place when the first file is gone', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf({ a: { bytes: noise(2000, 1) }, b: { bytes: noise(2000, 1) } })
  await using store = await openStore(folder.path)
  await installSample(store, release)
  await using holding = await store.open(release.manifest)
  await writeFile(join(folder.path, 'current/a'), 'edited')
  const into = new Uint8Array(4096)
  const count = await holding?.readChunks(0, [0], into)
  expect(Buffer.compare(into.subarray(0, count), release.bytesOf([0]))).toBe(0)
})

test('never writes through a symlink or a file that was planted in the tree', async () => {
  await using folder = await temporaryFolder()
  await using outside = await temporaryFolder()
  const release = releaseOf(TREE)
  const staged = join(folder.path, 'staging', release.manifest.id)
  await mkdir(staged, { recursive: true })
  await writeFile(join(outside.path, 'victim'), 'untouched')
  await symlink(outside.path, join(staged, 'data'))
  await symlink(join(outside.path, 'victim'), join(staged, 'note'))
  await mkdir(join(staged, 'link'))
  await writeFile(join(staged, 'extra'), 'not of this release')
  await using store = await openStore(folder.path)
  await installSample(store, release)
  expect(await readTree(outside.path)).toEqual(describeTree({ victim: { bytes: Buffer.from('untouched') } }))
  expect(await readTree(join(folder.path, 'current'))).toEqual(describeTree(TREE))
})

test('a damaged block is absent, and foreign bytes are refused', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path)
  const release = releaseOf(TREE)
  await putBlocks(store, release)
  const id: BlockId = release.manifest.id
  expect(Buffer.from((await store.getBlock(id)) ?? [])).toEqual(Buffer.from(release.blocks.at(-1)?.bytes ?? []))
  await appendFile(join(folder.path, '.shoal/blocks', id), 'x')
  expect(await store.getBlock(id)).toBeUndefined()
  await expect(stat(join(folder.path, '.shoal/blocks', id))).rejects.toThrow('ENOENT')
  await expect(store.putBlock(id, Buffer.from('other'))).rejects.toThrow(id)
  expect(() => parseBlockId('../../etc/passwd')).toThrow()
})

test('prune keeps the blocks of what stays and removes the rest', async () => {
  await using folder = await temporaryFolder()
  const [one, two] = [releaseOf({ a: { bytes: noise(9000, 1) } }), releaseOf({ a: { bytes: noise(9000, 2) } })]
  await using store = await openStore(folder.path)
  await installSample(store, one)
  await installSample(store, two)
  const abandoned = releaseOf({ a: { bytes: noise(9000, 3) } })
  await putBlocks(store, abandoned)
  await (await store.stage(abandoned.manifest, { signal: NEVER }))[Symbol.asyncDispose]()
  await store.prune([])
  expect(await store.installed()).toEqual([two.manifest.id])
  expect(await store.getBlock(two.manifest.id)).toBeDefined()
  expect(await store.getBlock(one.manifest.id)).toBeUndefined()
  expect(await store.getBlock(abandoned.manifest.id)).toBeUndefined()
  expect(Object.keys(await readTree(join(folder.path, 'staging')))).toEqual([])
})

test('an edit that keeps the size is noticed by its time', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf({ a: { bytes: noise(2000, 1) } })
  await using store = await openStore(folder.path)
  await installSample(store, release)
  await using holding = await store.open(release.manifest)
  await writeFile(join(folder.path, 'current/a'), noise(2000, 9))
  await utimes(join(folder.path, 'current/a'), 1e9, 1e9)
  await expect(holding?.readChunks(0, [0], new Uint8Array(4096))).rejects.toMatchObject({ code: 'CHUNK_GONE' })
})
