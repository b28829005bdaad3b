import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { startOriginProxy, type OriginProxy } from '../faults/origin-proxy.ts'
import { noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 60_000 }
const MB = 1_000_000
/** For more than 10 s at the rate below. */
const CONTENT_BYTES = 38 * MB
const RATE = 3 * MB

let world: Constellation
let proxy: OriginProxy

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  await publish('1.0', CONTENT_BYTES)
  proxy = await startOriginProxy(world.origin.url)
})
afterEach(() => Promise.all(world.peers.map((peer) => peer.kill('SIGKILL'))))
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

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

/** Bytes a second over the 10 s after the first bytes came. */
async function rateOver10s(peer: Peer): Promise<number> {
  let first: { atMs: number; bytes: number } | undefined
  for await (const record of peer.records()) {
    if (record.type !== 'progress' || record.doneBytes === 0) continue
    const now = { atMs: performance.now(), bytes: record.doneBytes }
    first ??= now
    const elapsedMs = now.atMs - first.atMs
    if (elapsedMs >= 10_000) return ((now.bytes - first.bytes) * 1000) / elapsedMs
  }
  throw new Error(`${peer.name} ended early`)
}

describe('a limit holds within 5 % over 10 s', () => {
  it('for uploads, for downloads, and for the origin', async () => {
    const [generous, sparing] = await Promise.all([
      holder('generous'),
      holder('sparing', { limits: { uploadLan: RATE } }),
    ])
    await Promise.all([generous, sparing].map((each) => each.until('installed', INSTALL)))
    const askers = await Promise.all([
      world.startPeer({ name: 'asks-sparing', origin: undefined, peers: sparing.addresses }),
      world.startPeer({
        name: 'takes-little',
        origin: undefined,
        peers: generous.addresses,
        config: { limits: { downloadLan: `${RATE / MB}MB/s` } },
      }),
      world.startPeer({ name: 'rations', config: { limits: { origin: RATE } } }),
    ])
    const rates = await Promise.all(askers.map((each) => rateOver10s(each)))
    for (const rate of rates) expect(Math.abs(rate / RATE - 1)).toBeLessThan(0.05)
  })

  it('and can be changed while it runs', async () => {
    const seed = await holder('changing')
    await seed.until('installed', INSTALL)
    expect((await limit(seed, '--upload-lan', '400kB/s')).limits).toMatchObject({
      uploadLan: { bytesPerSecond: 400_000, from: 'limit' },
      uploadWan: { bytesPerSecond: null, from: 'default' },
    })
    const asker = await world.startPeer({ name: 'patient', origin: undefined, peers: seed.addresses })
    const { doneBytes } = await asker.until('progress', { ...INSTALL, where: (now) => now.doneBytes > 0 })
    expect(doneBytes).toBeLessThan(CONTENT_BYTES)
    expect(asker.program.latest('installed')).toBeUndefined()
    expect((await limit(seed, '--clear')).limits).toMatchObject({
      uploadLan: { bytesPerSecond: null, from: 'default' },
    })
    const { bytes } = await asker.until('installed', INSTALL)
    expect(bytes).toMatchObject({ lanPeers: bytes.total, wasted: 0 })
  })
})

describe('an origin', () => {
  it('that is forbidden counts zero requests, and is asked once it is not', async () => {
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
})
