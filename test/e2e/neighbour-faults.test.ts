import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseTrustedRoot } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { startEvilPeer, type Evil, type EvilPeer } from './evil-peer.ts'
import { startGate } from './gate.ts'
import { noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }

let world: Constellation
let tree: string
let good: Peer
let evilNear: (evil: Evil) => Promise<EvilPeer>
const evilIds = new Set<string>()

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  tree = join(world.ground.dir, 'tree')
  await mkdir(tree)
  for (const name of ['a', 'b', 'c']) await writeFile(join(tree, name), noise(name, 3 << 20))
  const { release } = await world.publish('1.0', tree)
  const { fleet } = parseTrustedRoot(await readFile(world.origin.root))
  evilNear = async (evil) => {
    const peer = await startEvilPeer(evil, { fleet, origin: world.origin.dir, release })
    evilIds.add(peer.id)
    return peer
  }
  good = await world.startPeer({ name: 'good', mode: 'get', lingerSeconds: 600 })
  await good.until('installed', INSTALL)
})
afterAll(() => world[Symbol.asyncDispose]())

interface Outcome {
  /** Why it is banned; undefined when it may stay. */
  ban: RegExp | undefined
  wasted?: 'corrupt' | 'cancelled'
}

const OUTCOMES: Record<Evil, Outcome> = {
  mute: { ban: undefined },
  stall: { ban: undefined },
  'stall-blocks': { ban: undefined },
  absent: { ban: undefined },
  'wrong-bytes': { ban: /do not verify/, wasted: 'corrupt' },
  garbage: { ban: /frame of \d+ bytes/ },
  'too-long': { ban: /too long/, wasted: 'cancelled' },
  'too-short': { ban: /too short/, wasted: 'cancelled' },
  'wrong-bitmap': { ban: /does not fit/ },
  'wrong-block': { ban: /block that does not verify/ },
  'garbage-metadata': { ban: /metadata that cannot be read|unreadable news/ },
  'garbage-roles': { ban: /metadata that cannot be read/ },
  'endless-metadata': { ban: /too long/ },
  'forged-metadata': { ban: undefined },
  'withheld-metadata': { ban: undefined },
  'stall-metadata': { ban: undefined },
}

// Met first and alone; the good source appears when the evil has been done.
describe.concurrent('beside a neighbour that does right, one that does', () => {
  it.each(Object.keys(OUTCOMES) as Evil[])('%s does no harm', async (evil) => {
    await using bad = await evilNear(evil)
    await using gate = await startGate(good.addresses[0] ?? '')
    const peers = [bad.address, gate.address]
    const peer = await world.startPeer({ name: `good-${evil}`, mode: 'get', origin: undefined, peers })
    await bad.misbehaved
    gate.open()
    await expectInstalled(peer, bad, OUTCOMES[evil])
  })
})

describe.concurrent('beside the origin, a neighbour that does', () => {
  it.each(['stall', 'stall-blocks', 'wrong-bytes', 'garbage'] as const)('%s does no harm', async (evil) => {
    await using bad = await evilNear(evil)
    const peer = await world.startPeer({ name: `origin-${evil}`, mode: 'get', peers: [bad.address] })
    await expectInstalled(peer, bad, OUTCOMES[evil])
  })

  // The origin answers when the evil has been done.
  it.each(['garbage-metadata', 'endless-metadata', 'forged-metadata', 'withheld-metadata', 'stall-metadata'] as const)(
    '%s does no harm',
    async (evil) => {
      await using bad = await evilNear(evil)
      await using gate = await startGate(world.origin.url)
      const settings = { name: `late-origin-${evil}`, mode: 'get', origin: gate.address, peers: [bad.address] } as const
      const peer = await world.startPeer(settings)
      await bad.misbehaved
      gate.open()
      await expectInstalled(peer, bad, OUTCOMES[evil])
    },
  )
})

it('nobody who does right is banned', async () => {
  await good.kill('SIGTERM')
  const { bans } = await good.until('summary', INSTALL)
  expect(bans.filter((each) => !evilIds.has(each.peer))).toEqual([])
})

async function expectInstalled(peer: Peer, bad: EvilPeer, { ban, wasted }: Outcome): Promise<void> {
  const { bytes, wasted: why, bans } = await peer.until('summary', INSTALL)
  expect(compareTrees(tree, peer.tree).differences).toEqual([])
  expect(bytes.origin + bytes.lanPeers).toBe(bytes.total)
  // Peers tell each other of their neighbours, so that it may have met those of the other tests as well.
  expect(bans.filter((each) => !evilIds.has(each.peer))).toEqual([])
  const cause = bans.find((each) => each.peer === bad.id)?.cause
  if (ban === undefined) expect(cause).toBeUndefined()
  else expect(cause).toMatch(ban)
  if (wasted !== undefined) expect(why[wasted]).toBeGreaterThan(0)
  expect(bytes.wasted).toBe(Object.values(why).reduce((sum, each) => sum + each, 0))
}
