import { appendFile, lstat, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { buildSampleTree, noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }

let world: Constellation
/** Version → folder. */
const trees: Record<string, string> = {}
const releases: Record<string, string> = {}

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  for (const version of ['1.0', '2.0']) {
    const tree = join(world.ground.dir, version)
    await buildSampleTree(tree, '5.9.3')
    await mkdir(join(tree, 'data'))
    await writeFile(join(tree, 'data', 'log'), noise('log', 4 << 20))
    trees[version] = tree
  }
  // What changes: one file grows at its end, one is new, one is gone.
  const next = trees['2.0'] ?? ''
  await appendFile(join(next, 'data', 'log'), noise('more', 100_000))
  await writeFile(join(next, 'data', 'new'), noise('new', 200_000))
  releases['1.0'] = (await world.publish('1.0', trees['1.0'] ?? '')).release
})
afterAll(() => world[Symbol.asyncDispose]())

async function publishNext(): Promise<void> {
  releases['2.0'] ??= (await world.publish('2.0', trees['2.0'] ?? '')).release
}

function expectTree(peer: Peer, version: string): void {
  expect(compareTrees(trees[version] ?? '', peer.tree).differences).toEqual([])
}

it('a daemon follows its channel, takes what changed and keeps the release before', async () => {
  const daemon = await world.startPeer({ name: 'daemon' })
  await daemon.until('installed', { ...INSTALL, where: ({ version }) => version === '1.0' })
  expectTree(daemon, '1.0')
  const before = await lstat(join(daemon.tree, 'typescript', 'lib', 'typescript.js'))
  await publishNext()
  const { bytes } = await daemon.until('installed', { ...INSTALL, where: ({ version }) => version === '2.0' })
  expectTree(daemon, '2.0')

  // The new bytes, and at most one chunk on either side of where they were put in.
  expect(bytes.origin).toBeGreaterThanOrEqual(300_000)
  expect(bytes.origin).toBeLessThan(300_000 + 4 * (256 << 10))
  expect(bytes.reused + bytes.origin).toBe(bytes.total)
  const after = await lstat(join(daemon.tree, 'typescript', 'lib', 'typescript.js'))
  expect(after.ino).toBe(before.ino)
  expect((await readdir(join(daemon.out, 'releases'))).sort()).toEqual(Object.values(releases).sort())
  expect(compareTrees(trees['1.0'] ?? '', join(daemon.out, 'releases', releases['1.0'] ?? '')).differences).toEqual([])

  expect(await daemon.status()).toMatchObject({
    peerId: daemon.peerId,
    paused: false,
    follows: [{ target: 'tool@stable', out: daemon.out, state: 'current', version: '2.0' }],
  })
})

it('a pinned version is installed, and the newest is taken again after it', async () => {
  await publishNext()
  const get = { mode: 'get', name: 'pinned' } as const
  for (const [target, version] of [
    ['tool@stable', '2.0'],
    ['tool@stable:1.0', '1.0'],
    ['tool@stable', '2.0'],
  ] as const) {
    const peer = await world.startPeer({ ...get, target })
    expect(await peer.until('summary', INSTALL)).toMatchObject({ version, changed: true })
    expectTree(peer, version)
  }
})

it('a paused daemon neither fetches nor serves, and goes on when it is resumed', async () => {
  await publishNext()
  const daemon = await world.startPeer({ name: 'paused' })
  await daemon.until('installed', INSTALL)
  const control = (command: string): Promise<object> =>
    world.ground.run('peer', `paused-${command}`, [command, '--state-dir', daemon.stateDir, '--json'])
  expect(await control('pause')).toMatchObject({ paused: true })

  const asking = await world.startPeer({ name: 'asking', mode: 'get', origin: undefined, peers: daemon.addresses })
  await asking.until('progress', { ...INSTALL, where: ({ neighbours }) => neighbours > 0 })
  expect(await daemon.status()).toMatchObject({ paused: true })
  expect(asking.program.latest('progress')?.doneBytes).toBe(0)

  expect(await control('resume')).toMatchObject({ paused: false })
  const { bytes } = await asking.until('summary', INSTALL)
  expect(bytes.lanPeers).toBe(bytes.total)
  expectTree(asking, '2.0')
})
