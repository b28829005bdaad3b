import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { OriginFault } from '../faults/origin-fault.ts'
import { startOriginProxy } from '../faults/origin-proxy.ts'
import { noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }
const OBJECTS = {
  pack: '/packs/',
  block: '/blocks/',
  index: '/index',
  metadata: '/tuf/',
  timestamp: '/tuf/timestamp.json',
  snapshot: '.snapshot.json',
  targets: '.targets.json',
  role: '.rel-tool-stable.json',
} as const

let world: Constellation
let tree: string

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  tree = join(world.ground.dir, 'tree')
  await mkdir(tree)
  for (const name of ['a', 'b', 'c']) await writeFile(join(tree, name), noise(name, 3 << 20))
  await world.publish('1.0', tree)
})
afterAll(() => world[Symbol.asyncDispose]())

type Recovered = [name: string, object: keyof typeof OBJECTS, fault: OriginFault, times: number, isWasted: boolean]

const RECOVERED: Recovered[] = [
  ['flips a bit in a pack', 'pack', { kind: 'corrupt' }, 2, true],
  ['breaks off in a pack', 'pack', { kind: 'truncate', afterBytes: 100_000 }, 2, false],
  ['stalls in a pack', 'pack', { kind: 'stall', afterBytes: 100_000 }, 1, false],
  ['answers 500 for packs', 'pack', { kind: 'status', status: 500 }, 3, false],
  ['answers 503, and when to come again', 'pack', { kind: 'status', status: 503, retryAfter: '1' }, 2, false],
  ['ignores ranges', 'pack', { kind: 'ignore-range' }, Infinity, false],
  ['flips a bit in a manifest block', 'block', { kind: 'corrupt' }, 1, false],
  ['breaks off in the index', 'index', { kind: 'truncate', afterBytes: 50 }, 1, false],
  ['answers 502 for metadata', 'metadata', { kind: 'status', status: 502 }, 2, false],
  ['breaks off in the timestamp', 'timestamp', { kind: 'truncate', afterBytes: 50 }, 1, false],
  ['stalls in the targets', 'targets', { kind: 'stall', afterBytes: 50 }, 1, false],
]

describe.concurrent('an origin that', () => {
  it.each(RECOVERED)('%s is asked again, and the release is right', async (name, object, fault, times, isWasted) => {
    await using proxy = await startOriginProxy(world.origin.url)
    proxy.fail(fault, { when: ({ path }) => path.includes(OBJECTS[object]), times })
    const peer = await world.startPeer({ name: name.replaceAll(' ', '-'), mode: 'get', origin: proxy.url })
    const { bytes, wasted } = await peer.until('summary', INSTALL)
    expect(compareTrees(tree, peer.tree).differences).toEqual([])
    expect(bytes.origin).toBe(bytes.total)
    if (isWasted) expect(wasted).toEqual({ origin: bytes.wasted })
    if (isWasted) expect(bytes.wasted).toBeGreaterThan(0)
  })

  const refused: [name: string, object: keyof typeof OBJECTS, code: string, exit: number, at?: number][] = [
    ['always damages packs', 'pack', 'ORIGIN_CORRUPT', 5],
    ['always damages manifest blocks', 'block', 'ORIGIN_CORRUPT', 5],
    ['always damages what the timestamp says', 'timestamp', 'METADATA_UNTRUSTED', 5],
    ['always makes the timestamp unreadable', 'timestamp', 'METADATA_INVALID', 5, 0],
    ['always damages the snapshot', 'snapshot', 'METADATA_UNTRUSTED', 5],
    ['always damages the targets', 'targets', 'METADATA_UNTRUSTED', 5],
    ['always damages the role of the channel', 'role', 'METADATA_UNTRUSTED', 5],
  ]
  it.each(refused)('%s installs nothing', async (name, object, code, exit, at = 60) => {
    await using proxy = await startOriginProxy(world.origin.url)
    proxy.fail({ kind: 'corrupt', at }, { when: ({ path }) => path.includes(OBJECTS[object]) })
    const peer = await world.startPeer({ name: name.replaceAll(' ', '-'), mode: 'get', origin: proxy.url })
    expect((await peer.program.exited).code).toBe(exit)
    expect(peer.program.latest('error')).toMatchObject({ code, exit })
    expect(await installed(peer.out)).toEqual([])
  })

  it('goes away in the middle of a download is made up for by a neighbour', async () => {
    const holder = await world.startPeer({ name: 'holder', mode: 'get', lingerSeconds: 600 })
    await holder.until('installed', INSTALL)
    await using proxy = await startOriginProxy(world.origin.url)
    proxy.fail({ kind: 'hang' }, { when: ({ path }) => path.includes('/packs/') })
    const peer = await world.startPeer({ name: 'left', mode: 'get', origin: proxy.url, peers: holder.addresses })
    const { bytes } = await peer.until('summary', INSTALL)
    expect(compareTrees(tree, peer.tree).differences).toEqual([])
    expect(bytes.lanPeers).toBe(bytes.total)
  })
})

it('a release that another root signed is refused, and nothing of it is installed', async () => {
  await using other = await startConstellation({ product: 'tool', tracker: false })
  await other.publish('1.0', tree)
  const peer = await world.startPeer({ name: 'other-root', mode: 'get', origin: other.origin.url })
  expect((await peer.program.exited).code).toBe(5)
  expect(peer.program.latest('error')).toMatchObject({ exit: 5, message: expect.stringMatching(/fleet|sign/i) })
  expect(await installed(peer.out)).toEqual([])
})

/** What of the install root a person would look at. */
async function installed(out: string): Promise<string[]> {
  const [root, releases] = [await readdir(out), await readdir(join(out, 'releases'))]
  return [...root.filter((name) => name === 'current'), ...releases]
}
