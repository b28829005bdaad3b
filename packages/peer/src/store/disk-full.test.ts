import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { blockIdOf } from '@shoal/release'
import { expect, test } from 'vitest'
import { nodeDisk, type Disk } from './disk.ts'
import { deliver, NEVER } from './fixture/deliver.ts'
import { describeTree, readTree, temporaryFolder } from './fixture/read-tree.ts'
import { noise, releaseOf } from './fixture/release-of.ts'
import { openStore } from './store.ts'

const release = releaseOf({ a: { bytes: noise(3_000_000, 1) }, b: { bytes: noise(500, 2) } })

/** Takes `room` bytes, then fails as the system would, half-way through a write. */
function smallDisk(room: number, code = 'ENOSPC'): Disk & { grow(): void } {
  let left = room
  return {
    ...nodeDisk,
    grow: () => (left = Infinity),
    async write(fd, bytes, position) {
      const fits = Math.min(left, bytes.length)
      await nodeDisk.write(fd, bytes.subarray(0, fits), position)
      left -= fits
      if (fits < bytes.length) throw Object.assign(new Error(`${code}: write`), { code })
    },
  }
}

test('says before the download that there is no room, and how much is needed', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path, { disk: { ...nodeDisk, freeBytes: async () => 1_000_000 } })
  await expect(store.stage(release.manifest, { signal: NEVER })).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(/3008692 bytes are needed, 1000000 are free/),
  })
  // It may be tried again, with more room.
  await expect(store.stage(release.manifest, { signal: NEVER })).rejects.toMatchObject({ code: 'DISK_FULL' })
})

test('a disk that fills up during the download keeps what it has, and goes on once there is room', async () => {
  await using folder = await temporaryFolder()
  const disk = smallDisk(1_500_000)
  await using store = await openStore(folder.path, { disk })
  await using staging = await store.stage(release.manifest, { signal: NEVER })
  const error: unknown = await deliver(staging, release).catch((cause: unknown) => cause)
  expect(error).toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining(`${staging.missingBytes} bytes are still needed`),
  })
  expect(staging.missingBytes).toBeLessThan(2_000_000)
  disk.grow()
  await deliver(staging, release)
  await staging.finish()
  expect(await readTree(join(folder.path, 'releases', release.manifest.id))).toEqual(describeTree(release.tree))
})

test('what was written before the disk was full is there after a restart', async () => {
  await using folder = await temporaryFolder()
  let missing = 0
  {
    await using store = await openStore(folder.path, { disk: smallDisk(1_500_000) })
    await using staging = await store.stage(release.manifest, { signal: NEVER })
    await expect(deliver(staging, release)).rejects.toMatchObject({ code: 'DISK_FULL' })
    missing = staging.missingBytes
  }
  await using store = await openStore(folder.path)
  await using staging = await store.stage(release.manifest, { signal: NEVER })
  expect(staging.missingBytes).toBe(missing)
})

test('a folder that may not be written says so, with its path', async () => {
  await using folder = await temporaryFolder()
  await using store = await openStore(folder.path, { disk: smallDisk(0, 'EACCES') })
  await expect(store.putBlock(blockIdOf(new Uint8Array(5)), new Uint8Array(5))).rejects.toMatchObject({
    code: 'STORE_DENIED',
    message: expect.stringContaining(folder.path),
  })
})

test('a file in the place of the folder is named', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, '')
  await expect(openStore(path)).rejects.toMatchObject({ code: 'STORE_DENIED', message: expect.stringContaining(path) })
})
