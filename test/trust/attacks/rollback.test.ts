/** Rollback: an attacker offers what was right once. Fast-forward: one with a stolen key goes where nobody can follow. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOfSeed, KEYS, rootSigned } from '../author.ts'
import { startLyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, latest, publish, putRole, ROLE, versionOf, type Shelf } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

describe.concurrent('rollback', () => {
  it('by an old mirror leaves a device where it is', async () => {
    await scene.updated('mirrored')
    const { summary, version } = await scene.get('mirrored', { origin: await scene.serve(scene.old) })
    expect(summary).toMatchObject({ version: '2.0', changed: false })
    expect(version).toBe('2.0')
  })

  it('by an old mirror is refused also when the metadata on the device was lost', async () => {
    await scene.updated('forgetful')
    await rm(join(scene.ground.dir, 'peers/forgetful/out/.shoal/trust/metadata.json'))
    const { failure, version } = await scene.get('forgetful', { origin: await scene.serve(scene.old) })
    expect(failure).toMatchObject({ code: 'METADATA_UNTRUSTED', message: expect.stringContaining('older') as string })
    expect(version).toBe('2.0')
  })

  it('by a neighbour with old metadata leaves a device where it is', async () => {
    await scene.updated('neighboured')
    await using peer = await startLyingPeer(scene.old)
    const { summary } = await scene.get('neighboured', { origin: undefined, peers: [peer.address] })
    await peer.asked
    expect(summary).toMatchObject({ version: '2.0', changed: false })
  })

  it('by old releases under new online signatures is refused', async () => {
    await scene.updated('resigned')
    const shelf = new Map(scene.old)
    announce(shelf, { snapshot: { version: 90 }, timestamp: { version: 90 } })
    const origin = await scene.serve(shelf)
    const { summary, version } = await scene.get('resigned', { origin })
    expect(summary).toMatchObject({ version: '2.0', changed: false })
    expect(version).toBe('2.0')
    // One that has seen nothing cannot know.
    expect((await scene.get('unaware', { origin })).version).toBe('1.0')
  })

  it('by a release key that takes the newest release back is refused', async () => {
    await scene.updated('withdrawn')
    const shelf = new Map(scene.honest)
    const { targets } = latest(scene.old, ROLE)
    putRole(shelf, ROLE, { ...latest(shelf, ROLE), version: 9, targets: targets ?? {} }, KEYS.release)
    announce(shelf)
    const { failure, version } = await scene.get('withdrawn', { origin: await scene.serve(shelf) })
    expect(failure).toMatchObject({
      code: 'METADATA_UNTRUSTED',
      message: expect.stringContaining('counter 1') as string,
    })
    expect(version).toBe('2.0')
  })
})

describe.concurrent('fast-forward', () => {
  const FAR = Number.MAX_SAFE_INTEGER

  it('of the online roles ends when their keys are replaced', async () => {
    await scene.updated('forwarded')
    const forged = new Map(scene.honest)
    announce(forged, { snapshot: { version: FAR }, timestamp: { version: FAR } })
    expect((await scene.get('forwarded', { origin: await scene.serve(forged) })).version).toBe('2.0')

    const next: Shelf = new Map(scene.honest)
    publish(next, '3.0')
    const origin = await scene.serve(next)
    // The publisher cannot get ahead of it by counting on …
    expect((await scene.get('forwarded', { origin })).version).toBe('2.0')
    // … so the stolen keys are replaced, and what they signed counts no more.
    replaceOnlineKeys(next)
    expect((await scene.get('forwarded', { origin })).version).toBe('3.0')
  })

  it('of the role of releases ends when the keys of the snapshot are replaced', async () => {
    await scene.updated('leapt')
    const forged = new Map(scene.honest)
    putRole(forged, ROLE, { ...latest(forged, ROLE), version: FAR }, KEYS.release)
    announce(forged)
    expect((await scene.get('leapt', { origin: await scene.serve(forged) })).version).toBe('2.0')

    const next: Shelf = new Map(scene.honest)
    publish(next, '3.0')
    publish(next, '3.1')
    const origin = await scene.serve(next)
    expect((await scene.get('leapt', { origin })).version).toBe('2.0')
    replaceOnlineKeys(next)
    expect((await scene.get('leapt', { origin })).version).toBe('3.1')
  })
})

function replaceOnlineKeys(shelf: Shelf): void {
  const [snapshot, timestamp] = [keyOfSeed('new snapshot'), keyOfSeed('new timestamp')]
  const before = rootSigned()
  const keys = Object.fromEntries([KEYS.root, KEYS.targets, snapshot, timestamp].map((key) => [key.id, key.listed]))
  const roles = {
    ...(before['roles'] as object),
    snapshot: { keyids: [snapshot.id], threshold: 1 },
    timestamp: { keyids: [timestamp.id], threshold: 1 },
  }
  const version = versionOf(latest(shelf, 'root')) + 1
  putRole(shelf, 'root', { ...before, version, keys, roles }, KEYS.root)
  announce(shelf, {}, { snapshot, timestamp })
}
