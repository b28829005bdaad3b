import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Installed } from '../constellation/peer-records.ts'
import type { Peer } from '../constellation/peer.ts'
import { addSmallFiles, noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }
const MB = 1_000_000
const SITE = 'waw'

let world: Constellation

beforeEach(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
})
afterEach(() => world[Symbol.asyncDispose]())

/** Returns the tree. */
async function publish(version: string, bytes: number): Promise<string> {
  const tree = join(world.ground.dir, version)
  await mkdir(tree)
  await writeFile(join(tree, 'data'), noise(version, bytes))
  await addSmallFiles(join(tree, 'many'), 20)
  await world.publish(version, tree)
  return tree
}

function startCache(config: object): Promise<Peer> {
  return world.startPeer({
    name: 'cache',
    site: SITE,
    config: { role: 'cache', follow: [{ target: world.target }], ...config },
  })
}

function holds(cache: Peer, version: string): Promise<Installed> {
  return cache.until('installed', { ...INSTALL, where: (installed) => installed.version === version })
}

const folderOf = (cache: Peer): string => join(cache.stateDir, 'cache')

it('a cache fetches a release before anybody asks, and its whole site takes it from there', async () => {
  const tree = await publish('1.0', 6 * MB)
  const cache = await startCache({})
  await holds(cache, '1.0')
  // On a busy machine it takes a while until they have met it.
  const get = { mode: 'get', site: SITE, peers: cache.addresses, settleSeconds: 30 } as const
  const peers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => world.startPeer({ name, ...get })))
  for (const peer of peers) {
    const { bytes, originBytes } = await peer.until('summary', INSTALL)
    expect(originBytes).toEqual({})
    expect(bytes.cache + bytes.lanPeers).toBe(bytes.total)
    expect(compareTrees(tree, peer.tree).differences).toEqual([])
  }
  expect(await cache.status()).toMatchObject({ role: 'cache', cache: { folder: folderOf(cache), releases: 1 } })
})

it('a cache that starts together with its site fetches its share of the one copy', async () => {
  await publish('1.0', 12 * MB)
  const cache = await startCache({})
  const get = { mode: 'get', site: SITE, peers: cache.addresses } as const
  const peers = await Promise.all(['a', 'b', 'c'].map((name) => world.startPeer({ name, ...get })))
  const all = [await holds(cache, '1.0'), ...(await Promise.all(peers.map((peer) => peer.until('summary', INSTALL))))]
  const copies = all.reduce((sum, { bytes }) => sum + bytes.origin / bytes.total, 0)
  // Four of them, none of whom knows of the others when it begins: as soon as they meet they share one copy.
  expect(copies).toBeLessThan(1.5)
})

it('a cache keeps to its size, gives up what nobody needs, and says what does not fit', async () => {
  await publish('1.0', 3 * MB)
  const cache = await startCache({ cacheBytes: '10MB' })
  await holds(cache, '1.0')
  for (const version of ['2.0', '3.0']) {
    await publish(version, 3 * MB)
    await holds(cache, version)
  }
  expect(await readdir(join(folderOf(cache), 'releases'))).toHaveLength(3)
  const tree = await publish('4.0', 5 * MB)
  await holds(cache, '4.0')
  expect(await readdir(join(folderOf(cache), 'releases'))).toHaveLength(2)

  await publish('5.0', 11 * MB)
  const failure = await cache.until('failure', INSTALL)
  expect(failure).toMatchObject({ code: 'DISK_FULL', fix: 'raise cacheBytes, or follow fewer channels' })
  const target = `${world.target}:4.0`
  const get = { mode: 'get', site: SITE, target, peers: cache.addresses, settleSeconds: 30 } as const
  const peer = await world.startPeer({ name: 'pinned', ...get })
  const { bytes } = await peer.until('summary', INSTALL)
  expect(bytes.cache).toBe(bytes.total)
  expect(compareTrees(tree, peer.tree).differences).toEqual([])
})

it('a cache offers after a restart what it held before, and fetches none of it again', async () => {
  await publish('1.0', 3 * MB)
  const cache = await startCache({})
  await holds(cache, '1.0')
  await cache.restart()
  expect(await holds(cache, '1.0')).toMatchObject({ bytes: { origin: 0 } })
})

it('a cache whose disk is wiped while it serves disturbs nobody, and fills it again', async () => {
  const tree = await publish('1.0', 8 * MB)
  const cache = await startCache({ limits: { uploadLan: '4MB/s' } })
  await holds(cache, '1.0')
  const peer = await world.startPeer({
    name: 'taking',
    mode: 'get',
    site: SITE,
    peers: cache.addresses,
    settleSeconds: 30,
  })
  await peer.until('progress', { ...INSTALL, where: ({ doneBytes }) => doneBytes > 0 })
  const again = cache.records()
  await rm(folderOf(cache), { recursive: true })
  const { bytes } = await peer.until('summary', INSTALL)
  expect(bytes.cache).toBeGreaterThan(0)
  expect(bytes.cache + bytes.origin).toBe(bytes.total)
  expect(compareTrees(tree, peer.tree).differences).toEqual([])

  let fills = 0
  for await (const record of again) if (record.type === 'installed' && ++fills === 2) break
  expect(compareTrees(tree, join(folderOf(cache), 'releases', await onlyRelease(cache))).differences).toEqual([])
})

async function onlyRelease(cache: Peer): Promise<string> {
  const [release = ''] = await readdir(join(folderOf(cache), 'releases'))
  return release
}
