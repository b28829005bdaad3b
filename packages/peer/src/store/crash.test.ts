import { execFile } from 'node:child_process'
import { cp, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { install, recover } from '../install/index.ts'
import { nodeDisk, type Disk } from './disk.ts'
import { stoppingDisk } from './fixture/crash-disk.ts'
import { deliver, installSample, NEVER, putBlocks } from './fixture/deliver.ts'
import { describeTree, readTree, temporaryFolder } from './fixture/read-tree.ts'
import { newSample, oldSample } from './fixture/upgrade.ts'
import { openStore, type Store } from './store.ts'

// A stopped process loses nothing that the kernel has, so that these tests need not wait for the medium.
const DISK: Disk = { ...nodeDisk, sync: async () => undefined }
const TIMEOUT_MS = 240_000
const OLD = oldSample()
const NEW = newSample()

/** A folder with the old release installed, to be copied for every try. */
async function prepared(folder: string): Promise<string> {
  const out = join(folder, 'prepared')
  await using store = await openStore(out, { disk: DISK })
  await installSample(store, OLD)
  return out
}

/** Inodes differ in a copy: here files are shared only after they were hashed. The last test shares unread ones. */
async function copyOf(original: string, folder: string): Promise<string> {
  const out = await mkdtemp(join(folder, 'try-'))
  await cp(original, out, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  return out
}

async function upgrade(store: Store, wrote: (chunk: number) => void = () => undefined): Promise<void> {
  await putBlocks(store, NEW)
  if (!(await store.installed()).includes(NEW.manifest.id)) {
    await using staging = await store.stage(NEW.manifest, { signal: NEVER })
    for (let chunk = 0; chunk < NEW.manifest.chunks.count; chunk++) if (staging.hasChunk(chunk)) wrote(chunk)
    for (const chunk of staging.missingChunks(0)) {
      await staging.writeChunks(0, [chunk], NEW.bytesOf([chunk]))
      wrote(chunk)
    }
    await staging.finish()
  }
  await install(store, NEW.manifest.id)
}

/** Whatever happened: `current` is one of both, whole; nothing acknowledged is gone; and going on succeeds. */
async function checkAndFinish(out: string, acknowledged: ReadonlySet<number>): Promise<void> {
  await using store = await openStore(out, { disk: DISK })
  const current = await recover(store)
  const tree = current === NEW.manifest.id ? NEW.tree : OLD.tree
  expect(current === NEW.manifest.id || current === OLD.manifest.id).toBe(true)
  expect(await readTree(join(out, 'current'))).toEqual(describeTree(tree))
  if (!(await store.installed()).includes(NEW.manifest.id)) {
    await putBlocks(store, NEW)
    await using staging = await store.stage(NEW.manifest, { signal: NEVER })
    for (const chunk of acknowledged) expect(staging.hasChunk(chunk)).toBe(true)
    await deliver(staging, NEW)
    await staging.finish()
  }
  await install(store, NEW.manifest.id)
  expect(await readTree(join(out, 'current'))).toEqual(describeTree(NEW.tree))
  expect(await readTree(join(out, 'releases', OLD.manifest.id))).toEqual(describeTree(OLD.tree))
  expect(Object.keys(await readTree(join(out, '.shoal/scratch')))).toEqual([])
  expect(Object.keys(await readTree(join(out, '.shoal/journal')))).toEqual([])
}

test(
  'an upgrade that stops before any one operation of the disk leaves a whole release and goes on',
  { timeout: TIMEOUT_MS },
  async () => {
    await using folder = await temporaryFolder()
    const original = await prepared(folder.path)
    let operations = 0
    for (let stopAt = 1; ; stopAt++) {
      const out = await copyOf(original, folder.path)
      const disk = stoppingDisk(DISK, stopAt)
      const acknowledged = new Set<number>()
      let store: Store | undefined
      try {
        store = await openStore(out, { disk })
        await upgrade(store, (chunk) => acknowledged.add(chunk))
      } catch (error) {
        if (!disk.stopped()) throw error
      }
      await store?.[Symbol.asyncDispose]()
      if (!disk.stopped()) break
      await checkAndFinish(out, acknowledged)
      operations = stopAt
    }
    expect(operations).toBeGreaterThan(50)
  },
)

const CHILD = join(import.meta.dirname, 'fixture/upgrade-worker.ts')

async function runChild(out: string, killAt: number, from: string): Promise<'killed' | number> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, out, String(killAt), from])
    return Number(stdout)
  } catch (error) {
    if (error instanceof Error && 'signal' in error && error.signal === 'SIGKILL') return 'killed'
    throw error
  }
}

test(
  'kill -9 before any operation of the activation leaves the old release or the new, whole',
  { timeout: TIMEOUT_MS },
  async () => {
    await using folder = await temporaryFolder()
    const original = await prepared(folder.path)
    let kills = 0
    for (let killAt = 1; ; killAt++) {
      const out = await copyOf(original, folder.path)
      if ((await runChild(out, killAt, 'install')) !== 'killed') break
      kills += 1
      await checkAndFinish(out, new Set())
    }
    expect(kills).toBeGreaterThan(8)
  },
)

test('kill -9 during staging, again and again, ends in the new release', { timeout: TIMEOUT_MS }, async () => {
  await using folder = await temporaryFolder()
  const out = await prepared(folder.path)
  for (let killAt = 15; (await runChild(out, killAt, 'stage')) === 'killed'; killAt += 7) {
    await using store = await openStore(out, { disk: DISK })
    await recover(store)
    expect(await store.current()).toBeDefined()
  }
  await checkAndFinish(out, new Set())
})
