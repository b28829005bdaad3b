/** A source keeps a device busy without ever bringing anything to an end. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OriginFault } from '../../faults/origin-fault.ts'
import { startOriginProxy } from '../../faults/origin-proxy.ts'
import { startLyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { publish } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const DRIP: OriginFault = { kind: 'drip', pieceBytes: 1, everyMs: 200 }

describe.concurrent('slow retrieval', () => {
  it('of metadata from an origin is not waited for when a neighbour has it', async () => {
    await using proxy = await startOriginProxy(await scene.serve(scene.honest))
    proxy.fail(DRIP, { when: ({ path }) => path.includes('timestamp') })
    await using peer = await startLyingPeer(scene.honest)
    const { version } = await scene.get('metadata', { origin: proxy.url, peers: [peer.address] })
    expect(version).toBe('2.0')
  })

  it('of a pack from an origin is made up for by a neighbour', async () => {
    const content = { 'version.txt': '3.0', large: Buffer.alloc(64 << 10, 'x') }
    const shelf = new Map(scene.honest)
    publish(shelf, '3.0', content)
    const direct = await scene.serve(shelf)
    const holder = await scene.start('holder', { origin: direct, lingerSeconds: 600 })
    await holder.until('installed', { timeoutMs: 30_000 })
    await using proxy = await startOriginProxy(direct)
    proxy.fail(DRIP, { when: ({ path }) => path.includes('/packs/') })
    const { version } = await scene.get('pack', { origin: proxy.url, peers: holder.addresses })
    await holder.kill('SIGTERM')
    expect(version).toBe('3.0')
  })

  it('without anybody better is given up and told, and what is current stays', async () => {
    await scene.updated('alone')
    const shelf = new Map(scene.honest)
    publish(shelf, '3.0')
    await using proxy = await startOriginProxy(await scene.serve(shelf))
    proxy.fail({ kind: 'stall', afterBytes: 0 }, { when: ({ path }) => path.includes('/packs/') })
    const { code, failure, version } = await scene.get('alone', { origin: proxy.url, timeoutSeconds: 1 })
    expect(failure).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('1 s') as string })
    expect(code).not.toBe(0)
    expect(version).toBe('2.0')
  })
})
