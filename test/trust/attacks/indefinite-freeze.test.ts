/** An attacker who cannot forge what is new keeps a device from hearing of it. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { releaseSigned, rootSigned, targetsSigned, KEYS } from '../author.ts'
import { startLyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, latest, publish, putRole, ROLE, type Shelf } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const PAST = '2026-11-01T00:00:00Z'

/** What each role says is out of date, by itself: as the publisher left it, and as an attacker keeps serving it. */
const STALE: Record<string, (shelf: Shelf) => void> = {
  root: (shelf) => putRole(shelf, 'root', rootSigned({ version: 2, expires: PAST }), KEYS.root),
  timestamp: (shelf) => announce(shelf, { timestamp: { expires: PAST } }),
  snapshot: (shelf) => announce(shelf, { snapshot: { expires: PAST } }),
  targets(shelf) {
    putRole(shelf, 'targets', targetsSigned({ version: 2, expires: PAST }), KEYS.targets)
    announce(shelf)
  },
  [ROLE](shelf) {
    putRole(shelf, ROLE, releaseSigned({ ...latest(shelf, ROLE), version: 9, expires: PAST }), KEYS.release)
    announce(shelf)
  },
}

describe.concurrent('indefinite freeze', () => {
  it.each(Object.keys(STALE))(
    'by %s metadata that stands still ends when it expires, and the device says so',
    async (role) => {
      const shelf = new Map(scene.honest)
      STALE[role]?.(shelf)
      const { code, failure, version } = await scene.get(`stale-${role}`, { origin: await scene.serve(shelf) })
      expect(failure).toMatchObject({
        code: 'METADATA_EXPIRED',
        message: `metadata: ${role} expired on 2026-11-01T00:00:00.000Z`,
        fix: expect.stringContaining('check the clock') as string,
      })
      expect({ code, version }).toEqual({ code: 5, version: undefined })
    },
  )

  it('by an origin that stands still is broken by a neighbour that knows more', async () => {
    const next = new Map(scene.honest)
    publish(next, '3.0')
    await using peer = await startLyingPeer(next)
    await scene.updated('held-by-origin')
    // The release itself is to be had from the origin: it holds back the word of it alone.
    const holding = new Map([...next, ...scene.honest])
    const { version } = await scene.getBeside(peer, holding, 'held-by-origin')
    expect(version).toBe('3.0')
  })

  it('by a neighbour that stands still is broken by the origin', async () => {
    await using peer = await startLyingPeer(scene.old)
    const { version } = await scene.getBeside(peer, scene.honest, 'held-by-peer')
    expect(version).toBe('2.0')
  })

  it('by a neighbour that says nothing is broken by the origin', async () => {
    await using peer = await startLyingPeer(scene.old, { silent: /./ })
    const { version } = await scene.getBeside(peer, scene.honest, 'silenced')
    expect(version).toBe('2.0')
  })

  it('by a stolen timestamp key is not to be had: a timestamp that names a snapshot nobody has is passed over', async () => {
    const forged: Shelf = new Map(scene.honest)
    announce(forged, { timestamp: { version: 1_000 } })
    forged.delete('tuf/4.snapshot.json')
    await using peer = await startLyingPeer(forged)
    const next = new Map(scene.honest)
    publish(next, '3.0')
    await scene.updated('promised')
    const { version } = await scene.getBeside(peer, next, 'promised')
    expect(version).toBe('3.0')
  })

  it('by a stolen timestamp key is not to be had by many peers either: the origin is heard in any case', async () => {
    await using stack = new AsyncDisposableStack()
    const many = Array.from({ length: 6 }, async (_, at) => {
      const forged = new Map(scene.honest)
      announce(forged, { timestamp: { version: 1_000 + at } })
      forged.delete('tuf/4.snapshot.json')
      return stack.use(await startLyingPeer(forged))
    })
    const crowd = await Promise.all(many)
    const next = new Map(scene.honest)
    publish(next, '3.0')
    await scene.updated('crowded')
    const { version } = await scene.getBeside(crowd, next, 'crowded')
    expect(version).toBe('3.0')
  })

  it('by hiding a new root is broken by a neighbour that has it', async () => {
    const next = new Map(scene.honest)
    putRole(next, 'root', rootSigned({ version: 2 }), KEYS.root)
    publish(next, '3.0')
    await using peer = await startLyingPeer(next)
    const hiding = new Map([...next].filter(([path]) => path !== 'tuf/2.root.json'))
    const { peer: device, version } = await scene.getBeside(peer, hiding, 'rootless')
    expect(version).toBe('3.0')
    expect(await keptRoots(device.out)).toBe(2)
  })
})

async function keptRoots(out: string): Promise<number> {
  const kept = JSON.parse(await readFile(`${out}/.shoal/trust/metadata.json`, 'utf8')) as { roots: string[] }
  return kept.roots.length
}
