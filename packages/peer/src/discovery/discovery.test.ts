// Real nodes on loopback: each way of finding others alone is enough.
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { channelTopic } from '@shoal/release'
import { startTracker, type Tracker } from '@shoal/tracker'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newIdentity } from '../network/identity.ts'
import { startNode, stopNode } from '../network/node.ts'
import { startDiscovery, type Discovery, type DiscoveryConfig } from './discovery.ts'
import type { Found } from './found.ts'

const LOOPBACK = [multiaddr('/ip4/127.0.0.1/tcp/0')]
const PATIENCE = { timeout: 20_000, interval: 20 }
const hasMulticast = await canMulticast()

let fleet: string
let stack: AsyncDisposableStack
beforeEach(() => {
  fleet = randomBytes(16).toString('hex')
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

interface Peer {
  node: Libp2p
  discovery: Discovery
  /** Resolves with the first report of that peer. */
  hearsOf(other: Peer): Promise<Found>
  events: string[]
}

async function startPeer(config: Partial<DiscoveryConfig>): Promise<Peer> {
  const dht = config.dht === true ? 'server' : 'off'
  const node = stack.adopt(await startNode({ fleet, privateKey: await newIdentity(), listen: LOOPBACK, dht }), stopNode)
  const found: Found[] = []
  const events: string[] = []
  const heard = new EventTarget()
  const none = { role: 'device', trackers: [], bootstrap: [], given: [], dht: false, mdns: false } as const
  const discovery = stack.use(
    await startDiscovery(
      node,
      { fleet, ...none, ...config },
      (peer) => {
        found.push(peer)
        heard.dispatchEvent(new Event('found'))
      },
      { onEvent: (event) => events.push(event) },
    ),
  )
  const hearsOf = (other: Peer): Promise<Found> => {
    const { promise, resolve } = Promise.withResolvers<Found>()
    const look = (): void => {
      const report = found.find(({ id }) => id.equals(other.node.peerId))
      if (report !== undefined) resolve(report)
    }
    heard.addEventListener('found', look)
    look()
    return promise
  }
  return { node, discovery, hearsOf, events }
}

async function startTestTracker(
  fields: { listen?: string; privateKey?: Awaited<ReturnType<typeof newIdentity>> } = {},
): Promise<Tracker> {
  return startTracker({
    fleet,
    privateKey: fields.privateKey ?? (await newIdentity()),
    listen: fields.listen === undefined ? LOOPBACK : [multiaddr(fields.listen)],
    http: { host: '127.0.0.1', port: 0 },
  })
}

function topic(channel = 'stable') {
  return channelTopic(fleet, { product: 'game', channel, platform: 'any' })
}

async function expectDialable(peer: Peer, found: Found): Promise<void> {
  const connection = await peer.node.dial(found.addresses)
  expect(connection.remotePeer.equals(found.id)).toBe(true)
}

describe('discovery', () => {
  it('by a tracker introduces two peers that know nothing else', async () => {
    const { addresses: trackers } = stack.use(await startTestTracker())
    const a = await startPeer({ trackers, site: 'waw' })
    const b = await startPeer({ trackers, site: 'ber' })
    a.discovery.follow(topic(), { complete: true })
    await expect.poll(() => a.events, PATIENCE).toContain('announced')
    b.discovery.follow(topic(), { complete: false })
    const found = await b.hearsOf(a)
    expect(found.by).toBe('tracker')
    await expectDialable(b, found)
  })

  it('by a tracker starts when the tracker does', async () => {
    const privateKey = await newIdentity()
    const first = await startTestTracker({ privateKey })
    const { addresses: trackers } = first
    await first[Symbol.asyncDispose]()
    const intervals = { redialMinMs: 50, redialMaxMs: 200 }
    const [a, b] = await Promise.all([startPeer({ trackers, intervals }), startPeer({ trackers, intervals })])
    a.discovery.follow(topic(), { complete: true })
    await expect.poll(() => a.events, PATIENCE).toContain('unreachable')
    const listen = trackers[0]?.decapsulate('/p2p').toString() ?? ''
    stack.use(await startTestTracker({ privateKey, listen }))
    await expect.poll(() => a.events, PATIENCE).toContain('announced')
    b.discovery.follow(topic(), { complete: false })
    expect((await b.hearsOf(a)).by).toBe('tracker')
  })

  it('by the DHT needs one node that both know, and no tracker protocol', async () => {
    const { addresses: bootstrap } = stack.use(await startTestTracker())
    const a = await startPeer({ bootstrap, dht: true })
    a.discovery.follow(topic(), { complete: true })
    await expect.poll(() => a.events, PATIENCE).toContain('provided')
    const b = await startPeer({ bootstrap, dht: true })
    b.discovery.follow(topic(), { complete: false })
    const found = await b.hearsOf(a)
    expect(found.by).toBe('dht')
    await expectDialable(b, found)
  })

  it('by the DHT finds also who provides only later', async () => {
    const { addresses: bootstrap } = stack.use(await startTestTracker())
    const intervals = { lookupIncompleteMs: 200 }
    const [a, b] = await Promise.all([
      startPeer({ bootstrap, dht: true }),
      startPeer({ bootstrap, dht: true, intervals }),
    ])
    b.discovery.follow(topic(), { complete: false })
    await expect.poll(() => b.events, PATIENCE).toContain('looked-up')
    a.discovery.follow(topic(), { complete: true })
    expect((await b.hearsOf(a)).by).toBe('dht')
  })

  it.skipIf(!hasMulticast)('by mDNS needs no other node at all', async () => {
    const [a, b] = await Promise.all([startPeer({ mdns: true }), startPeer({ mdns: true })])
    const found = await b.hearsOf(a)
    expect(found.by).toBe('mdns')
    await expectDialable(b, found)
    expect((await a.hearsOf(b)).by).toBe('mdns')
  })

  it.skipIf(!hasMulticast)('by mDNS does not see another fleet', async () => {
    const a = await startPeer({ mdns: true, mdnsTag: '_shoal-other._udp.local' })
    const [b, c] = await Promise.all([startPeer({ mdns: true }), startPeer({ mdns: true })])
    const stranger = b.hearsOf(a).then(() => 'stranger')
    const own = Promise.all([b.hearsOf(c), c.hearsOf(b)]).then(() => 'own')
    expect(await Promise.race([stranger, own])).toBe('own')
  })

  it('reports peers that were given, with an id or without', async () => {
    const a = await startPeer({})
    const [address] = a.node.getMultiaddrs()
    if (address === undefined) throw new Error('no address')
    const [b, c] = await Promise.all([
      startPeer({ given: [address] }),
      startPeer({ given: [address.decapsulate('/p2p')] }),
    ])
    for (const peer of [b, c]) {
      const found = await peer.hearsOf(a)
      expect(found.by).toBe('given')
      await expectDialable(peer, found)
    }
  })

  it('stops at once, also while nobody answers', async () => {
    const silent = multiaddr('/ip4/192.0.2.254/tcp/9')
    const a = await startPeer({
      trackers: [silent],
      bootstrap: [silent],
      given: [silent],
      dht: true,
      mdns: hasMulticast,
    })
    a.discovery.follow(topic(), { complete: false })
    const startedMs = performance.now()
    await a.discovery[Symbol.asyncDispose]()
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })

  it('stops following', async () => {
    const { addresses: trackers } = stack.use(await startTestTracker())
    const a = await startPeer({ trackers, dht: true })
    a.discovery.follow(topic(), { complete: true })
    await expect.poll(() => a.events, PATIENCE).toContain('announced')
    a.discovery.unfollow(topic())
    await expect.poll(() => a.events.filter((event) => event === 'announced').length, PATIENCE).toBe(2)
    const b = await startPeer({ trackers })
    b.discovery.follow(topic(), { complete: false })
    await expect.poll(() => b.events, PATIENCE).toContain('announced')
    const heard = Promise.race([b.hearsOf(a).then(() => 'heard'), Promise.resolve('silence')])
    expect(await heard).toBe('silence')
  })
})

/** Sends itself a packet by multicast; without a route for 224.0.0.0/4 or an interface this is impossible. */
async function canMulticast(): Promise<boolean> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), 1_000)
  socket.on('error', () => resolve(false))
  socket.on('message', () => resolve(true))
  socket.bind(0, () => {
    try {
      socket.addMembership('224.0.0.251')
      socket.send('shoal', socket.address().port, '224.0.0.251', (error) => error && resolve(false))
    } catch {
      resolve(false)
    }
  })
  const can = await promise
  clearTimeout(timer)
  socket.close()
  if (!can) console.warn('multicast does not work here: the mDNS tests are skipped')
  return can
}
