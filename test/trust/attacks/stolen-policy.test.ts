/** A channel is staged, and whoever decides about it is an attacker: the tracker was broken into, or somebody says that he is the tracker. */
import { metadataKeyIdOf, originPath, POLICY_FILE } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { common, keyOfSeed, KEYS, signedBy, targetsSigned, type Json, type Key, type Map as Signed } from '../author.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, offer, pack, putRole, type Shelf } from './shelf.ts'

/** Several processes, one after the other. */
const MINUTES_MS = 120_000

const POLICY = keyOfSeed('policy')

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

/** The honest releases, on a channel whose devices wait for a policy that says what everybody may have. */
function staged(base: string, { version = 1, key = POLICY }: { version?: number; key?: Key } = {}): Shelf {
  const shelf = new Map(scene.honest)
  const targets = targetsSigned({ version: 2 })
  const { keys, roles } = targets['delegations'] as { keys: Signed; roles: Json[] }
  const role = { name: 'policy', terminating: true, paths: ['policy/demo/stable'], keyids: [POLICY.id], threshold: 1 }
  const delegations = { keys: { ...keys, [POLICY.id]: POLICY.listed }, roles: [...roles, role] }
  putRole(shelf, 'targets', { ...targets, delegations }, KEYS.targets)
  announce(shelf)
  const channels = [{ product: 'demo', channel: 'stable', base, steps: [], withdrawn: [] }]
  const policy = { ...common('targets', { version }), targets: {}, 'x-shoal-policy': { channels } }
  shelf.set(originPath.metadata(POLICY_FILE), signedBy(policy, key))
  return shelf
}

describe.concurrent('stolen policy key', () => {
  it(
    'chooses among what release keys signed, and has nothing else installed',
    async () => {
      const chosen = await scene.get('chosen', { origin: await scene.serve(staged('1.0')) })
      expect(chosen.version).toBe('1.0')
      const shelf = staged('6.6.6')
      const { id, rootBytes } = pack(shelf, '6.6.6', { 'version.txt': 'evil' })
      offer(shelf, '6.6.6', id, rootBytes, POLICY)
      announce(shelf)
      const { code, version } = await scene.get('forged', { origin: await scene.serve(shelf) })
      expect(code).not.toBe(0)
      expect(version).toBeUndefined()
    },
    MINUTES_MS,
  )

  it(
    'does not take a device back by what everybody may have',
    async () => {
      await scene.updated('ahead')
      expect((await scene.get('ahead', { origin: await scene.serve(staged('1.0')) })).version).toBe('2.0')
    },
    MINUTES_MS,
  )
})

describe.concurrent('policy that is not the tracker’s', () => {
  it(
    'is not taken of another key: the device waits',
    async () => {
      const shelf = staged('2.0', { key: KEYS.stranger })
      const { failure, version } = await scene.get('waiting', { origin: await scene.serve(shelf) })
      expect(failure).toMatchObject({ code: 'REFUSED_BY_POLICY' })
      expect(version).toBeUndefined()
    },
    MINUTES_MS,
  )

  it(
    'is not taken when it is older than one that the device has seen',
    async () => {
      const seen = await scene.get('seen', { origin: await scene.serve(staged('1.0', { version: 7 })) })
      expect(seen.version).toBe('1.0')
      // In it everybody may have more; it was taken back since.
      const replayed = await scene.serve(staged('2.0', { version: 6 }))
      expect((await scene.get('seen', { origin: replayed })).version).toBe('1.0')
      const newer = await scene.serve(staged('2.0', { version: 8 }))
      expect((await scene.get('seen', { origin: newer })).version).toBe('2.0')
    },
    MINUTES_MS,
  )
})

it('names keys as the specification does', () => {
  const { public: hex } = POLICY.listed['keyval'] as { public: string }
  expect(metadataKeyIdOf(Buffer.from(hex, 'hex'))).toBe(POLICY.id)
})
