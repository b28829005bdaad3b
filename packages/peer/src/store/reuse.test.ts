import { chmod, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deliver, installSample, NEVER, putBlocks } from './fixture/deliver.ts'
import { describeTree, readTree, temporaryFolder } from './fixture/read-tree.ts'
import { noise, releaseOf, SMALL_CHUNKS, type SampleRelease, type Tree } from './fixture/release-of.ts'
import { openStore } from './store.ts'

const OLD: Tree = {
  'bin/tool': { bytes: noise(20_000, 1), executable: true },
  'lib/changed': { bytes: noise(200_000, 2) },
  'lib/moved': { bytes: noise(20_000, 3) },
  'lib/removed': { bytes: noise(20_000, 4) },
  'lib/same': { bytes: noise(20_000, 5) },
  mode: { bytes: noise(20_000, 6) },
}
const CHANGED = Buffer.concat([
  noise(200_000, 2).subarray(0, 90_000),
  noise(700, 7),
  noise(200_000, 2).subarray(90_000),
])
const NEW: Tree = {
  'bin/tool': { bytes: noise(20_000, 1), executable: true },
  'lib/added': { bytes: noise(20_000, 8) },
  'lib/changed': { bytes: CHANGED },
  'lib/same': { bytes: noise(20_000, 5) },
  'lib/twice': { bytes: noise(20_000, 5) },
  mode: { bytes: noise(20_000, 6), executable: true },
  'new/moved': { bytes: noise(20_000, 3) },
}

interface Upgrade {
  readonly reused: number
  readonly written: number[]
}

async function upgrade(
  out: string,
  from: SampleRelease,
  to: SampleRelease,
  between?: () => Promise<void>,
): Promise<Upgrade> {
  await using store = await openStore(out)
  await installSample(store, from)
  await between?.()
  await putBlocks(store, to)
  await using staging = await store.stage(to.manifest, { signal: NEVER })
  const reused = staging.reusedBytes
  const written = await deliver(staging, to)
  await staging.finish()
  await store.activate(to.manifest.id)
  expect(await readTree(join(out, 'current'))).toEqual(describeTree(to.tree))
  return { reused, written }
}

const inode = async (path: string): Promise<number> => (await stat(path)).ino

test('takes what did not change from the installed release', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf(NEW, { version: '2.0.0' })]
  const { reused, written } = await upgrade(folder.path, from, to)
  const [old, current] = [join(folder.path, 'releases', from.manifest.id), join(folder.path, 'current')]
  expect(reused).toBeGreaterThan(to.manifest.chunks.bytes - 20_000 - 700 - 3 * SMALL_CHUNKS.max)
  expect(to.bytesOf(written).length + reused).toBe(to.manifest.chunks.bytes)
  for (const path of ['bin/tool', 'lib/same']) {
    expect(await inode(join(current, path))).toBe(await inode(join(old, path)))
  }
  expect(await inode(join(current, 'new/moved'))).toBe(await inode(join(old, 'lib/moved')))
  // Two paths stay two files; another mode makes another file.
  expect(await inode(join(current, 'lib/twice'))).not.toBe(await inode(join(old, 'lib/same')))
  expect(await inode(join(current, 'mode'))).not.toBe(await inode(join(old, 'mode')))
  expect(await readTree(old)).toEqual(describeTree(OLD))
})

test('does not spread a file that a user edited, and leaves it as it is', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf(NEW, { version: '2.0.0' })]
  const old = join(folder.path, 'releases', from.manifest.id)
  const edited = noise(20_000, 99)
  const { written } = await upgrade(folder.path, from, to, async () => {
    await writeFile(join(old, 'bin/tool'), edited)
    const content = await readFile(join(old, 'lib/changed'))
    content.fill(7, 10_000, 20_000)
    await writeFile(join(old, 'lib/changed'), content)
  })
  expect(to.bytesOf(written).length).toBeGreaterThan(20_000 + 20_000 + 10_000)
  expect(await readTree(old)).toEqual(
    describeTree({
      ...OLD,
      'bin/tool': { bytes: edited, executable: true },
      'lib/changed': { bytes: await readFile(join(old, 'lib/changed')) },
    }),
  )
})

test('a file that was only touched is hashed and shared; one with another mode is copied', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf({ ...OLD, more: { bytes: noise(5, 5) } }, { version: '2.0.0' })]
  const old = join(folder.path, 'releases', from.manifest.id)
  const { written } = await upgrade(folder.path, from, to, async () => {
    await utimes(join(old, 'lib/same'), 1e9, 1e9)
    await chmod(join(old, 'lib/moved'), 0o600)
  })
  expect(to.bytesOf(written).length).toBe(5)
  expect(await inode(join(folder.path, 'current/lib/same'))).toBe(await inode(join(old, 'lib/same')))
  expect(await inode(join(folder.path, 'current/lib/moved'))).not.toBe(await inode(join(old, 'lib/moved')))
})

test('the same content in other chunks is verified chunk by chunk', async () => {
  await using folder = await temporaryFolder()
  const chunking = { min: 2048, avg: 4096, max: 8192 }
  const [from, to] = [releaseOf(OLD), releaseOf(OLD, { version: '2.0.0', chunking })]
  const { written } = await upgrade(folder.path, from, to)
  expect(written).toEqual([])
})

test('a shared file that is edited while the release is assembled is fetched again', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf(NEW, { version: '2.0.0' })]
  await using store = await openStore(folder.path)
  await installSample(store, from)
  await using staging = await store.stage(to.manifest, { signal: NEVER })
  await deliver(staging, to)
  await writeFile(join(folder.path, 'current/lib/same'), 'edited')
  await expect(staging.finish()).rejects.toMatchObject({ code: 'CHUNK_GONE' })
  expect(staging.complete).toBe(false)
  await deliver(staging, to)
  await staging.finish()
  expect(await readTree(join(folder.path, 'releases', to.manifest.id))).toEqual(describeTree(NEW))
  expect(await readFile(join(folder.path, 'current/lib/same'), 'utf8')).toBe('edited')
})

test('a shared file that is found edited while it is served is made anew, and the edit stays where it was', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf(NEW, { version: '2.0.0' })]
  await using store = await openStore(folder.path)
  await installSample(store, from)
  await using staging = await store.stage(to.manifest, { signal: NEVER })
  const edited = noise(20_000, 99)
  await writeFile(join(folder.path, 'current/bin/tool'), edited)
  const tool = to.manifest.entries.find(({ path }) => path === 'bin/tool')
  const [chunk = 0] = tool?.kind === 'file' ? tool.chunks : []
  await expect(staging.readChunks(0, [chunk], new Uint8Array(1 << 20))).rejects.toMatchObject({ code: 'CHUNK_GONE' })
  expect(staging.hasChunk(chunk)).toBe(false)
  while (!staging.complete) await deliver(staging, to)
  await staging.finish()
  expect(await readTree(join(folder.path, 'releases', to.manifest.id))).toEqual(describeTree(NEW))
  expect(Buffer.compare(await readFile(join(folder.path, 'current/bin/tool')), edited)).toBe(0)
})

test('shared files survive a restart, and the release they came from may be gone by then', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf(NEW, { version: '2.0.0' })]
  let reused = 0
  {
    await using store = await openStore(folder.path)
    await installSample(store, from)
    await putBlocks(store, to)
    await using staging = await store.stage(to.manifest, { signal: NEVER })
    reused = staging.reusedBytes
    await installSample(store, releaseOf({ other: { bytes: noise(10, 1) } }))
    await store.prune([])
    expect(await store.installed()).toHaveLength(1)
  }
  await using store = await openStore(folder.path)
  await using staging = await store.stage(to.manifest, { signal: NEVER })
  expect(staging.resumedBytes).toBe(reused)
  await deliver(staging, to)
  await staging.finish()
  expect(await readTree(join(folder.path, 'releases', to.manifest.id))).toEqual(describeTree(NEW))
})

test('an installed release whose record or blocks are lost is still used as far as it verifies', async () => {
  await using folder = await temporaryFolder()
  const [from, to] = [releaseOf(OLD), releaseOf(NEW, { version: '2.0.0' })]
  const { reused } = await upgrade(folder.path, from, to, () =>
    writeFile(join(folder.path, '.shoal/installed', from.manifest.id), 'broken'),
  )
  expect(reused).toBeGreaterThan(200_000)
  await using other = await temporaryFolder()
  const without = await upgrade(other.path, from, to, () =>
    writeFile(join(other.path, '.shoal/blocks', from.manifest.id), 'broken'),
  )
  expect(without.reused).toBe(0)
})
