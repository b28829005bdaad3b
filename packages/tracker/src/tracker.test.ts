import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { announce, type Announce, type HandOut } from './announce/announce.ts'
import { LIMITS } from './limits.ts'
import { newIdentity } from './node/identity.ts'
import { stopNode } from './node/stop.ts'
import { startNode } from './node/wiring.ts'
import { startTracker, type Tracker, type TrackerConfig } from './tracker.ts'

const FLEET = randomBytes(16).toString('hex')
const LOOPBACK = [multiaddr('/ip4/127.0.0.1/tcp/0')]
const TOPIC = { topic: 'bafkreitopic', complete: false }
const { signal } = new AbortController()

let stack: AsyncDisposableStack
let clock: { nowMs: number }
let tracker: Tracker
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  clock = { nowMs: 0 }
  tracker = stack.use(await startTracker(await config(), { now: () => clock.nowMs }))
})
afterEach(() => stack.disposeAsync())

async function config(fields: Partial<TrackerConfig> = {}): Promise<TrackerConfig> {
  const http = { host: '127.0.0.1', port: 0 }
  return { fleet: FLEET, privateKey: await newIdentity(), listen: LOOPBACK, http, ...fields }
}

interface Peer {
  node: Libp2p
  announce(fields?: Partial<Announce>): Promise<HandOut>
}

async function startPeer(site: string): Promise<Peer> {
  const listen = LOOPBACK
  const node = stack.adopt(
    await startNode({ fleet: FLEET, privateKey: await newIdentity(), listen, dht: 'off' }),
    stopNode,
  )
  const { remotePeer } = await node.dial(tracker.addresses)
  const request: Announce = { topics: [TOPIC], site, role: 'device', want: 10 }
  return { node, announce: (fields) => announce(node, remotePeer, FLEET, { ...request, ...fields }, { signal }) }
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL(path, tracker.httpUrl))
  return { status: response.status, text: await response.text() }
}

describe('a tracker', () => {
  it('introduces peers of two sites to each other, with addresses that can be dialled', async () => {
    const [a, b, c] = await Promise.all([startPeer('waw'), startPeer('waw'), startPeer('ber')])
    await a.announce({ topics: [{ ...TOPIC, complete: true }], role: 'cache' })
    await c.announce()
    const { peers, intervalMs } = await b.announce()
    expect(peers).toMatchObject([
      { peerId: a.node.peerId.toString(), site: 'waw', role: 'cache', complete: true },
      { peerId: c.node.peerId.toString(), site: 'ber', role: 'device', complete: false },
    ])
    expect(intervalMs).toBeGreaterThanOrEqual(LIMITS.intervalMs * 0.8)
    const connection = await b.node.dial((peers[0]?.addresses ?? []).map((address) => multiaddr(address)))
    expect(connection.remotePeer.equals(a.node.peerId)).toBe(true)
  })

  it('forgets who does not come back', async () => {
    const [a, b] = await Promise.all([startPeer('waw'), startPeer('waw')])
    await a.announce()
    clock.nowMs = LIMITS.intervalMs * 1.2 * LIMITS.expiryIntervals
    expect((await b.announce()).peers).toEqual([])
  })

  it('answers a burst from one peer and then tells it to wait, a thousand times over', async () => {
    const a = await startPeer('waw')
    let answered = 0
    let refused = 0
    for (let i = 0; i < 1_000; i += 1) {
      try {
        await a.announce()
        answered += 1
      } catch (error) {
        expect(error).toMatchObject({ code: 'REFUSED', retryMs: LIMITS.announceRefillMs })
        refused += 1
      }
    }
    expect([answered, refused]).toEqual([LIMITS.announceBurst, 1_000 - LIMITS.announceBurst])
    expect((await get('/metrics')).text).toContain('shoal_tracker_peers 1\n')
  })

  it('says how it is over HTTP', async () => {
    const a = await startPeer('waw')
    await a.announce()
    expect(await get('/livez')).toMatchObject({ status: 200 })
    expect(await get('/readyz')).toMatchObject({ status: 200 })
    const { text } = await get('/metrics')
    expect(text).toContain('shoal_tracker_announces_total{status="ok"} 1\n')
    expect(text).toContain('shoal_tracker_topics 1\n')
    expect(text).not.toContain(a.node.peerId.toString())
    expect(await get('/nothing')).toMatchObject({ status: 404 })
  })

  it('describes every metric that it has', async () => {
    const { text } = await get('/metrics')
    const named = text.matchAll(/^# TYPE (\S+)/gm)
    for (const [, name] of named) expect(text).toMatch(new RegExp(`^# HELP ${name ?? ''} .{10,}`, 'm'))
  })

  it('does not start on a port that is taken, and leaves nothing behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    try {
      const overHttp = startTracker(await config({ http: { host: '127.0.0.1', port } }))
      await expect(overHttp).rejects.toMatchObject({ code: 'LISTEN_FAILED', fix: /--http/ })
      const overTcp = startTracker(await config({ listen: [multiaddr(`/ip4/127.0.0.1/tcp/${port}`)] }))
      await expect(overTcp).rejects.toMatchObject({ code: 'LISTEN_FAILED', message: /in use/ })
    } finally {
      taken.close()
    }
  })
})
