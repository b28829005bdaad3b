/** Somebody who may write to the origin, and perhaps holds the online keys, offers software of his own. */
import { originPath } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOfSeed, KEYS, rootSigned, targetsSigned } from '../author.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, latest, offer, pack, pathOf, publish, putRole, ROLE } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

describe.concurrent('arbitrary software', () => {
  it('is not installed when the release is signed by a stranger', async () => {
    const shelf = new Map(scene.honest)
    const { id, rootBytes } = pack(shelf, '6.6.6', { 'version.txt': 'evil' })
    offer(shelf, '6.6.6', id, rootBytes, KEYS.stranger)
    announce(shelf)
    const { code, failure, version } = await scene.get('stranger', { origin: await scene.serve(shelf) })
    expect(failure).toMatchObject({ code: 'METADATA_UNTRUSTED', message: expect.stringContaining(ROLE) as string })
    expect({ code, version }).toEqual({ code: 5, version: undefined })
  })

  it('is not installed when one of two release keys signed it', async () => {
    const shelf = new Map(scene.honest)
    const [first, second] = [KEYS.release, keyOfSeed('release manager')]
    const keys = { [first.id]: first.listed, [second.id]: second.listed }
    const delegated = {
      name: ROLE,
      terminating: true,
      paths: ['demo/stable/*/*.release'],
      keyids: [first.id, second.id],
    }
    const targets = targetsSigned({ version: 2, delegations: { keys, roles: [{ ...delegated, threshold: 2 }] } })
    putRole(shelf, 'targets', targets, KEYS.targets)
    publish(shelf, '6.6.6', { 'version.txt': 'evil' })
    const { failure, version } = await scene.get('one-of-two', { origin: await scene.serve(shelf) })
    expect(failure?.code).toBe('METADATA_UNTRUSTED')
    expect(version).toBeUndefined()
    // Both of them may.
    putRole(shelf, ROLE, latest(shelf, ROLE), first, second)
    announce(shelf)
    expect((await scene.get('one-of-two', { origin: await scene.serve(shelf) })).version).toBe('evil')
  })

  it('is not installed when a root of strangers vouches for it', async () => {
    const shelf = new Map(scene.honest)
    const evil = KEYS.stranger
    const all = { keyids: [evil.id], threshold: 1 }
    const roles = { root: all, targets: all, snapshot: all, timestamp: all }
    putRole(shelf, 'root', rootSigned({ version: 2, keys: { [evil.id]: evil.listed }, roles }), evil)
    const { version, summary } = await scene.get('other-root', { origin: await scene.serve(shelf) })
    expect(version).toBe('2.0')
    expect(summary?.version).toBe('2.0')
  })

  it('is not installed when it comes in the place of a manifest that was signed', async () => {
    const shelf = new Map(scene.honest)
    const { cid } = (latest(shelf, ROLE)['targets'] as Record<string, { custom: { cid: string } }>)[pathOf('2.0')]
      ?.custom ?? { cid: '' }
    const { id } = pack(shelf, '2.0', { 'version.txt': 'evil' })
    shelf.set(`blocks/${cid}`, shelf.get(originPath.block(id)) ?? new Uint8Array())
    const { failure, version } = await scene.get('other-manifest', { origin: await scene.serve(shelf) })
    expect(failure?.code).toBe('ORIGIN_CORRUPT')
    expect(version).toBeUndefined()
  })
})
