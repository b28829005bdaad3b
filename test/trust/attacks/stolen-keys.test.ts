/** The machines that are online all day are broken into: the signer of snapshots and timestamps, and the tracker. */
import { channelTopic } from '@shoal/release'
import { announce as announceTo } from '@shoal/tracker/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTracker } from '../../constellation/tracker.ts'
import { readAddresses } from '../../../packages/peer/src/config/index.ts'
import { FLEET, KEYS, releaseSigned, targetsSigned } from '../author.ts'
import { startLyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, latest, offer, pack, putRole, ROLE, TARGET, type Shelf } from './shelf.ts'

/** Several processes, one after the other. */
const MINUTES_MS = 120_000

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

/** A release of the attacker's, signed by what key he has. */
function forged(key: (typeof KEYS)['snapshot']): Shelf {
  const shelf = new Map(scene.honest)
  const { id, rootBytes } = pack(shelf, '6.6.6', { 'version.txt': 'evil' })
  offer(shelf, '6.6.6', id, rootBytes, key)
  announce(shelf)
  return shelf
}

describe.concurrent('stolen online keys', () => {
  it.each(['snapshot', 'timestamp'] as const)('cannot sign a release: not that of the %s', async (role) => {
    await scene.updated(role)
    const { version } = await scene.get(role, { origin: await scene.serve(forged(KEYS[role])) })
    expect(version).toBe('2.0')
  })

  it('cannot give the channel to another key', async () => {
    const shelf = forged(KEYS.stranger)
    const delegated = { name: ROLE, terminating: true, paths: ['demo/stable/*/*.release'] }
    const keys = { [KEYS.stranger.id]: KEYS.stranger.listed }
    const roles = [{ ...delegated, keyids: [KEYS.stranger.id], threshold: 1 }]
    putRole(
      shelf,
      'targets',
      targetsSigned({ version: 2, delegations: { keys, roles } }),
      KEYS.snapshot,
      KEYS.timestamp,
    )
    announce(shelf)
    const { code, version } = await scene.get('delegated', { origin: await scene.serve(shelf) })
    expect({ code, version }).toEqual({ code: 5, version: undefined })
  })

  it('cannot hide what is new for longer than the releases are signed for', async () => {
    const shelf = new Map(scene.old)
    const ends = '2026-11-01T00:00:00Z'
    putRole(shelf, ROLE, releaseSigned({ ...latest(shelf, ROLE), version: 9, expires: ends }), KEYS.release)
    // However often they sign anew what stands still.
    announce(shelf, { snapshot: { version: 500 }, timestamp: { version: 500 } })
    const { failure, version } = await scene.get('hidden', { origin: await scene.serve(shelf) })
    expect(failure).toMatchObject({ code: 'METADATA_EXPIRED', message: expect.stringContaining(ROLE) as string })
    expect(version).toBeUndefined()
  })
})

describe('stolen tracker', () => {
  it(
    'that introduces nobody but attackers makes nobody install what they have',
    async () => {
      const tracker = await startTracker(scene.ground, scene.root)
      const evil = await Promise.all(
        [forged(KEYS.stranger), forged(KEYS.snapshot)].map((shelf) => startLyingPeer(shelf)),
      )
      await using stack = new AsyncDisposableStack()
      for (const peer of evil) {
        stack.use(peer)
        const connection = await peer.node.dial(readAddresses(tracker.addresses, 'tracker', true), {
          signal: AbortSignal.timeout(10_000),
        })
        const topics = [{ topic: channelTopic(FLEET, TARGET).toString(), complete: true }]
        const signal = AbortSignal.timeout(10_000)
        await announceTo(peer.node, connection.remotePeer, FLEET, { topics, role: 'device', want: 1 }, { signal })
      }
      const alone = { origin: undefined, trackers: tracker.addresses, timeoutSeconds: 4 }
      const first = await scene.start('introduced', alone)
      await Promise.all(evil.map((peer) => peer.asked))
      await first.program.exited
      expect(first.program.latest('error')?.code).toBe('METADATA_UNTRUSTED')
      const { version } = await scene.get('introduced', {
        origin: await scene.serve(scene.honest),
        trackers: tracker.addresses,
      })
      expect(version).toBe('2.0')
    },
    MINUTES_MS,
  )
})
