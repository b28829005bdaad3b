import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation, type PeerSettings } from '../constellation/constellation.ts'
import type { Installed } from '../constellation/peer-records.ts'
import type { Peer } from '../constellation/peer.ts'
import { addSmallFiles, buildSampleTree } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }

let world: Constellation
let tree: string

beforeAll(async () => {
  world = await startConstellation({ product: 'tool' })
  tree = join(world.ground.dir, 'tree')
  await buildSampleTree(tree, '5.9.3')
  await world.publish('5.9.3', tree)
})
afterAll(() => world[Symbol.asyncDispose]())

/** A `get` that stays to seed. */
function seed(settings: PeerSettings): Promise<Peer> {
  return world.startPeer({ mode: 'get', lingerSeconds: 600, trackers: [], ...settings })
}

/** A `get` that may not ask the origin: whatever it gets, it got from neighbours. */
async function fetch(settings: PeerSettings): Promise<Peer> {
  const peer = await seed({ origin: undefined, ...settings })
  const installed = await peer.until('installed', INSTALL)
  expect(compareTrees(tree, peer.tree).differences).toEqual([])
  expect(installed.bytes).toMatchObject({ origin: 0, reused: 0, resumed: 0, lanPeers: installed.bytes.total })
  return peer
}

/** Those who find each other may dial each other, and one may be faster: the ways count in which either found the other. */
async function foundBy(peer: Peer, holder: Peer): Promise<string[]> {
  const installed = await peer.until('installed', INSTALL)
  await holder.kill('SIGTERM')
  const summary = await holder.until('summary', INSTALL)
  const ways = [...waysTo(holder, installed), ...waysTo(peer, summary)]
  return [...new Set(ways)].filter((way) => way !== 'inbound')
}

function waysTo({ peerId }: Peer, { neighbours }: Installed): string[] {
  return neighbours.find(({ id }) => id === peerId)?.foundBy ?? []
}

// They have one origin and one tracker, and find each other only as each test says.
describe.concurrent('a release', () => {
  it('arrives from the origin as it was published', async () => {
    const peer = await seed({ name: 'from-origin', lingerSeconds: 0 })
    const { bytes, neighbours } = await peer.until('summary', INSTALL)
    expect(bytes).toMatchObject({ origin: bytes.total, lanPeers: 0, wanPeers: 0, wasted: 0 })
    expect(neighbours).toEqual([])
    expect(compareTrees(tree, peer.tree).differences).toEqual([])
    expect(await peer.program.exited).toEqual({ code: 0, signal: null })
  })

  it('of thousands of small files arrives as it was published, from the origin and from a neighbour', async () => {
    await using other = await startConstellation({ product: 'small', tracker: false })
    const many = join(other.ground.dir, 'many')
    await addSmallFiles(many, 3_000)
    await other.publish('1.0', many)
    const get = { mode: 'get', lingerSeconds: 600 } as const
    const first = await other.startPeer({ name: 'first', ...get })
    await first.until('installed', INSTALL)
    const second = await other.startPeer({ name: 'second', ...get, origin: undefined, peers: first.addresses })
    const { bytes } = await second.until('installed', INSTALL)
    expect(bytes).toMatchObject({ origin: 0, lanPeers: bytes.total })
    for (const peer of [first, second]) expect(compareTrees(many, peer.tree).differences).toEqual([])
  })
})

describe.concurrent('between two peers', () => {
  it.each([
    ['over a lane', 'tls', true],
    ['over libp2p where one of them has lanes off', 'libp2p', false],
  ])('a release goes %s, and both say so', async (_how, kind, lane) => {
    const holder = await seed({ name: `${kind}-holder` })
    await holder.until('installed', INSTALL)
    const peer = await fetch({ name: `${kind}-peer`, peers: holder.addresses, lane })
    const { neighbours } = await peer.until('installed', INSTALL)
    expect(neighbours).toMatchObject([{ id: holder.peerId, lane: kind }])
    await holder.kill('SIGTERM')
    const summary = await holder.until('summary', INSTALL)
    expect(summary.neighbours).toMatchObject([{ id: peer.peerId, lane: kind }])
  })
})

describe.concurrent('a neighbour that has it is found', () => {
  it('by its address alone', async () => {
    const holder = await seed({ name: 'given-holder' })
    await holder.until('installed', INSTALL)
    const peer = await fetch({ name: 'given', peers: holder.addresses })
    expect(await foundBy(peer, holder)).toEqual(['given'])
  })

  it('by mDNS alone', async ({ skip }) => {
    if (!(await canMulticast())) skip('no multicast on this machine')
    const serviceTag = `_shoal-test-${randomBytes(6).toString('hex')}._udp.local`
    const lan = { mdns: true, serviceTag, listen: '/ip4/0.0.0.0/tcp/0' }
    const holder = await seed({ name: 'mdns-holder', ...lan })
    await holder.until('installed', INSTALL)
    const peer = await fetch({ name: 'mdns', ...lan })
    expect(await foundBy(peer, holder)).toEqual(['mdns'])
  })

  it('by the tracker alone', async () => {
    const trackers = world.tracker?.addresses ?? []
    const holder = await seed({ name: 'tracker-holder', trackers })
    await holder.until('installed', INSTALL)
    const peer = await fetch({ name: 'tracker', trackers })
    expect(await foundBy(peer, holder)).toEqual(['tracker'])
  })

  it('by the DHT alone', async () => {
    const dht = { dht: true, bootstrap: world.tracker?.addresses ?? [] }
    const holder = await seed({ name: 'dht-holder', ...dht })
    await holder.until('installed', INSTALL)
    const peer = await fetch({ name: 'dht', ...dht })
    expect(await foundBy(peer, holder)).toEqual(['dht'])
  })

  it('by what another neighbour tells', async () => {
    const holder = await seed({ name: 'told-holder' })
    await holder.until('installed', INSTALL)
    // It follows another channel and holds nothing: it only knows the holder.
    const between = await seed({ name: 'between', target: 'tool@beta', origin: undefined, peers: holder.addresses })
    const peer = await fetch({ name: 'told', peers: between.addresses })
    expect(await foundBy(peer, holder)).toEqual(['exchange'])
    expect(waysTo(between, await peer.until('installed', INSTALL))).toContain('given')
  })
})

/** Whether a datagram to the mDNS group comes back to this machine. */
async function canMulticast(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    socket.bind(0)
    await once(socket, 'listening')
    socket.addMembership('224.0.0.251')
    const heard = once(socket, 'message', { signal: AbortSignal.timeout(1_000) })
    socket.send('shoal', socket.address().port, '224.0.0.251')
    await heard
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}
