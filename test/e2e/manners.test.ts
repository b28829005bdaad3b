import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import type { Installed } from '../constellation/peer-records.ts'
import { startOriginProxy } from '../faults/origin-proxy.ts'
import { noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 60_000 }
const MB = 1_000_000
/** For well more than 10 s at the rate below. */
const CONTENT_BYTES = 45 * MB
const RATE = 3 * MB

let world: Constellation

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  await publish('1.0', CONTENT_BYTES)
})
afterEach(() => Promise.all(world.peers.map((peer) => peer.kill('SIGKILL'))))
afterAll(() => world[Symbol.asyncDispose]())

async function publish(version: string, bytes: number): Promise<void> {
  const tree = join(world.ground.dir, version)
  await mkdir(tree)
  await writeFile(join(tree, 'data'), noise(version, bytes))
  await world.publish(version, tree)
}

function holder(name: string, config: object = {}): Promise<Peer> {
  return world.startPeer({ name, config: { ...config } })
}

function limit(peer: Peer, ...flags: string[]): Promise<{ limits: Record<string, object> }> {
  return world.ground.run('peer', `${peer.name}-limit`, ['limit', '--state-dir', peer.stateDir, '--json', ...flags])
}

/** Bytes a second over 10 s, from when buffers on the way are full. */
async function rateOver10s(count: () => number | Promise<number>): Promise<number> {
  await vi.waitUntil(async () => (await count()) > RATE, { timeout: 30_000, interval: 20 })
  const startedMs = performance.now()
  const before = await count()
  await setTimeout(10_000)
  const bytes = (await count()) - before
  return (bytes * 1000) / (performance.now() - startedMs)
}

/** A machine that has no time left for it uses less than it may. */
function idleShare(before: { idle: number; all: number }): number {
  const { idle, all } = cpuTimes()
  return (idle - before.idle) / (all - before.all)
}

function cpuTimes(): { idle: number; all: number } {
  const times = cpus().map(({ times }) => times)
  const sum = (counts: number[]): number => counts.reduce((total, count) => total + count, 0)
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((each) => Object.values(each))) }
}

/** What a daemon has sent to another peer, frame by frame. */
async function sentTo(daemon: Peer, other: Peer): Promise<number> {
  const [answer] = (await once(
    request({ socketPath: join(daemon.stateDir, 'control.sock'), path: '/v1/status' }).end(),
    'response',
  )) as [IncomingMessage]
  const { neighbours } = (await json(answer)) as { neighbours: { id: string; sentBytes: number }[] }
  return neighbours.find(({ id }) => id === other.peerId)?.sentBytes ?? 0
}

describe('a limit', () => {
  it('is not exceeded over 10 s: for uploads to other sites alone, for downloads, and for the origin', async () => {
    await using proxy = await startOriginProxy(world.origin.url)
    const [generous, sparing] = await Promise.all([
      holder('generous'),
      world.startPeer({ name: 'sparing', site: 'here', config: { limits: { uploadWan: RATE } } }),
    ])
    await Promise.all([generous, sparing].map((each) => each.until('installed', INSTALL)))
    const fromSparing = { origin: undefined, peers: sparing.addresses }
    const near = world.startPeer({
      name: 'near',
      site: 'here',
      ...fromSparing,
      config: { limits: { uploadWan: 'never' } },
    })
    const idleBefore = cpuTimes()
    const rates = await Promise.all([
      world
        .startPeer({ name: 'far', site: 'there', ...fromSparing })
        .then((far) => rateOver10s(() => sentTo(sparing, far))),
      world
        .startPeer({
          name: 'takes-little',
          origin: undefined,
          peers: generous.addresses,
          config: { limits: { downloadLan: `${RATE / MB}MB/s` } },
        })
        .then((little) => rateOver10s(() => sentTo(generous, little))),
      world
        .startPeer({ name: 'rations', origin: proxy.url, config: { limits: { origin: RATE } } })
        .then(() => rateOver10s(() => proxy.bytes)),
    ])
    const least = idleShare(idleBefore) > 0.2 ? 0.95 : 0.6
    for (const rate of rates) {
      expect(rate / RATE, String(rates)).toBeLessThan(1.05)
      expect(rate / RATE, String(rates)).toBeGreaterThan(least)
    }
    const { bytes, elapsedMs } = await (await near).until('installed', INSTALL)
    expect(bytes.lanPeers).toBe(CONTENT_BYTES)
    expect((bytes.lanPeers * 1000) / elapsedMs).toBeGreaterThan(1.1 * RATE)
  }, 120_000)

  it('can be changed while it runs', async () => {
    await publish('1.1', 8 * MB)
    const seed = await holder('changing')
    await seed.until('installed', INSTALL)
    expect((await limit(seed, '--upload-lan', '400kB/s')).limits).toMatchObject({
      uploadLan: { bytesPerSecond: 400_000, from: 'limit' },
      uploadWan: { bytesPerSecond: null, from: 'default' },
    })
    const asker = await world.startPeer({ name: 'patient', origin: undefined, peers: seed.addresses })
    const { doneBytes } = await asker.until('progress', { ...INSTALL, where: (now) => now.doneBytes > 0 })
    expect(doneBytes).toBeLessThan(8 * MB)
    expect(asker.program.latest('installed')).toBeUndefined()
    expect(await limit(seed, '--clear', '--background', 'on')).toMatchObject({
      limits: { uploadLan: { bytesPerSecond: null, from: 'default' } },
      background: { uploadWan: expect.any(Number) as number },
    })
    const { bytes } = await asker.until('installed', INSTALL)
    expect(bytes).toMatchObject({ lanPeers: bytes.total, wasted: 0 })
  })
})

describe('an origin', () => {
  it('that is forbidden counts zero requests, and is asked once it is not', async () => {
    await using proxy = await startOriginProxy(world.origin.url)
    const seed = await holder('seed')
    await seed.until('installed', INSTALL)
    const forbidden = await world.startPeer({
      name: 'forbidden',
      origin: proxy.url,
      peers: seed.addresses,
      config: { limits: { origin: 'never' } },
    })
    const { bytes } = await forbidden.until('installed', INSTALL)
    expect(bytes).toMatchObject({ origin: 0, lanPeers: bytes.total })
    await publish('2.0', MB)
    const second = await forbidden.until('installed', { ...INSTALL, where: ({ version }) => version === '2.0' })
    expect(second).toMatchObject({ originRequests: 0, originBytes: {} })
    expect(proxy.requests).toEqual([])

    await seed.kill('SIGKILL')
    await limit(forbidden, '--origin', 'unlimited')
    await publish('3.0', MB)
    const next = await forbidden.until('installed', { ...INSTALL, where: ({ version }) => version === '3.0' })
    expect(next.bytes.origin).toBeGreaterThan(0)
    expect(next.originBytes).toEqual({ alone: next.bytes.origin })
    expect(proxy.requests.length).toBe(next.originRequests)
  })

  it('is asked for content only after neighbours have delivered nothing for so long', async () => {
    const waits = await world.startPeer({ name: 'waits', config: { originAfterSeconds: 3 } })
    const startedMs = performance.now()
    await waits.until('phase', { ...INSTALL, where: ({ phase }) => phase === 'staged' })
    await waits.until('progress', { ...INSTALL, where: ({ doneBytes }) => doneBytes > 0 })
    expect(performance.now() - startedMs).toBeGreaterThan(2_900)
    const { bytes, originBytes } = await waits.until('installed', INSTALL)
    expect(originBytes).toEqual({ alone: bytes.total })
  })

  it('is limited and late for one get, too', async () => {
    await publish('4.0', MB)
    const { root, url } = world.origin
    const { elapsedMs, bytes, originBytes } = await world.ground.run<Installed>('peer', 'once', [
      'get',
      world.target,
      ...['--root', root, '--origin', url, '--out', join(world.ground.dir, 'once'), '--no-mdns', '--no-dht', '--json'],
      ...['--background', '--origin-rate', '500kB/s', '--origin-delay', '2'],
    ])
    expect(originBytes).toEqual({ alone: bytes.total })
    // What comes last is not waited for, and that is a chunk or two.
    expect(elapsedMs).toBeGreaterThan(2_000 + ((MB - 300_000) * 1_000) / 500_000 - 100)
  })
})
