import { mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installSample, NEVER, putBlocks } from '../store/fixture/deliver.ts'
import { readTree, temporaryFolder } from '../store/fixture/read-tree.ts'
import { noise, releaseOf, type SampleRelease } from '../store/fixture/release-of.ts'
import { openStore } from '../store/index.ts'
import { install } from './install.ts'
import { recover } from './recover.ts'

const versions = [1, 2, 3, 4].map((number) =>
  releaseOf({ a: { bytes: noise(5000, number) } }, { version: `${number}.0` }),
)
const [one, two, three] = versions as [SampleRelease, SampleRelease, SampleRelease]

test('keeps the previous release and removes those before it', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path)
  for (const version of [one, two, three]) {
    await installSample(store, version)
    await install(store, version.manifest.id)
  }
  expect((await store.installed()).sort()).toEqual([two.manifest.id, three.manifest.id].sort())
  expect(await readlink(join(folder.path, 'current'))).toBe(`releases/${three.manifest.id}`)
  expect(await store.getBlock(one.manifest.id)).toBeUndefined()
  expect(await store.getBlock(two.manifest.id)).toBeDefined()
})

test('done again, it still knows which release is the previous one; back and forth loses neither', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path)
  await installSample(store, one)
  await installSample(store, two)
  for (const { manifest } of [two, two, one, one, two]) {
    await install(store, manifest.id)
    expect(await store.current()).toBe(manifest.id)
    expect(await store.installed()).toHaveLength(2)
  }
  await install(store, two.manifest.id, { keepPrevious: 0 })
  expect(await store.installed()).toEqual([two.manifest.id])
})

test('does not make current what is not installed', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path)
  await installSample(store, one)
  await expect(install(store, two.manifest.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await store.current()).toBe(one.manifest.id)
})

test('recovery removes leftovers, and keeps what can be resumed', async () => {
  await using folder = await temporaryFolder()
  {
    await using store = await openStore(folder.path)
    await installSample(store, one)
    await putBlocks(store, two)
    await using staging = await store.stage(two.manifest, { signal: NEVER })
    await staging.writeChunks(0, [0], two.bytesOf([0]))
  }
  const inside = (path: string): string => join(folder.path, path)
  await mkdir(inside(`staging/trash-${three.manifest.id}/deep`), { recursive: true })
  await writeFile(inside('.shoal/scratch/block.7'), 'half')
  await symlink('releases/nowhere', inside('.shoal/scratch/current'))
  await writeFile(inside(`.shoal/journal/${one.manifest.id}`), 'of a release that is installed')
  await writeFile(inside(`.shoal/installed/${three.manifest.id}`), 'of a release that is not')

  await using store = await openStore(folder.path)
  expect(await recover(store)).toBe(one.manifest.id)
  expect(Object.keys(await readTree(inside('.shoal/scratch')))).toEqual([])
  expect(Object.keys(await readTree(inside('.shoal/journal')))).toEqual([two.manifest.id])
  expect(Object.keys(await readTree(inside('.shoal/installed')))).toEqual([one.manifest.id])
  await using staging = await store.stage(two.manifest, { signal: NEVER })
  expect(staging.hasChunk(0)).toBe(true)
})

test('a current release that somebody deleted is installed anew', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path)
  await installSample(store, one)
  await rm(join(folder.path, 'releases', one.manifest.id), { recursive: true })
  expect(await recover(store)).toBeUndefined()
  await installSample(store, one)
  expect(await store.current()).toBe(one.manifest.id)
})

test('a folder in the place of current is not replaced', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path)
  await mkdir(join(folder.path, 'current'))
  await expect(installSample(store, one)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
})
