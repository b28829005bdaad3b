/** What it costs to stay up to date. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRelease, refreshMetadata, RELEASES_PER_ROLE_MAX } from '@shoal/release'
import { startOriginProxy } from '../faults/origin-proxy.ts'
import { openScene, type Scene } from './attacks/scene.ts'
import { announce, metadataOf, newShelf, pathOf, putRole, ROLE, TARGET } from './attacks/shelf.ts'
import { KEYS, releaseSigned, releaseTarget } from './author.ts'
import { fromFiles } from './from-files.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const SMALL_BYTES = 1_024

describe('a refresh that finds nothing new', () => {
  it('costs the origin two small requests', async () => {
    await scene.updated('alone')
    await using proxy = await startOriginProxy(await scene.serve(scene.honest))
    expect((await scene.get('alone', { origin: proxy.url })).summary).toMatchObject({ changed: false })
    expect(proxy.requests.map(({ path }) => path).sort()).toEqual(['/tuf/2.root.json', '/tuf/timestamp.json'])
    expect(proxy.bytes).toBeLessThan(SMALL_BYTES)
  })

  it('costs it no more from two machines together than two each', async () => {
    await using proxy = await startOriginProxy(await scene.serve(scene.honest))
    await scene.updated('first')
    await scene.updated('second')
    const first = await scene.start('first', { origin: proxy.url, lingerSeconds: 600 })
    await first.until('installed', { timeoutMs: 30_000 })
    const { summary } = await scene.get('second', { origin: proxy.url, peers: first.addresses })
    await first.kill('SIGTERM')
    expect(summary).toMatchObject({ changed: false })
    expect(proxy.requests.length).toBeLessThanOrEqual(4)
    expect(proxy.bytes).toBeLessThan(2 * SMALL_BYTES)
  })
})

describe('a first refresh of a channel of a thousand releases', () => {
  it('takes less than a second of CPU', async () => {
    const shelf = newShelf()
    const counters = Array.from({ length: RELEASES_PER_ROLE_MAX }, (_, at) => at + 1)
    const targets = Object.fromEntries(counters.map((counter) => [pathOf(`1.0.${counter}`), releaseTarget(counter)]))
    putRole(shelf, ROLE, releaseSigned({ version: 2, targets }), KEYS.release)
    announce(shelf)
    const files = metadataOf(shelf)
    const stored = { roots: [files['1.root.json'] ?? new Uint8Array()], roles: new Map() }

    const before = process.cpuUsage()
    const refreshed = await refreshMetadata(stored, fromFiles(files), { now: new Date() })
    const found = await findRelease(refreshed, TARGET)
    const { user, system } = process.cpuUsage(before)
    expect(found).toMatchObject({ counter: RELEASES_PER_ROLE_MAX })
    expect((user + system) / 1_000).toBeLessThan(1_000)
  })
})
