/** A site that is cut off from the origin: its peers go on with what they know, for as long as that is in date. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Peer } from '../constellation/peer.ts'
import { DAY_MS, getAt, inSeconds } from './attacks/clock.ts'
import { openScene, type Scene } from './attacks/scene.ts'
import { startLyingPeer } from './attacks/lying-peer.ts'
import { announce, publish } from './attacks/shelf.ts'

/** Several processes, one after the other. */
const MINUTES_MS = 120_000

let scene: Scene
let holder: Peer
beforeAll(async () => {
  scene = await openScene()
  holder = await scene.start('holder', { origin: await scene.serve(scene.honest), lingerSeconds: 600 })
  await holder.until('installed', { timeoutMs: 30_000 })
})
afterAll(() => scene[Symbol.asyncDispose]())

const NOBODY = 'http://127.0.0.1:1/'
const PAST = '2026-11-01T00:00:00Z'

describe.concurrent('with the origin out of reach', () => {
  it('a peer installs from a neighbour alone', async () => {
    const { summary, version } = await scene.get('cut-off', { origin: NOBODY, peers: holder.addresses })
    expect(version).toBe('2.0')
    expect(summary?.bytes).toMatchObject({ origin: 0, lanPeers: 3 })
  })

  it('a peer that never had one installs from a neighbour alone', async () => {
    expect((await scene.get('never-had', { origin: undefined, peers: holder.addresses })).version).toBe('2.0')
  })

  it('and nobody about, a peer stays with what it has while that is in date', async () => {
    await scene.updated('alone')
    const { summary } = await scene.get('alone', { origin: NOBODY })
    expect(summary).toMatchObject({ version: '2.0', changed: false })
  })

  it('a peer whose neighbours know only what is out of date says which role, and since when', async () => {
    const stale = new Map(scene.honest)
    announce(stale, { timestamp: { expires: PAST } })
    await using peer = await startLyingPeer(stale)
    const { failure } = await scene.get('stale', { origin: undefined, peers: [peer.address], timeoutSeconds: 3 })
    expect(failure).toMatchObject({
      code: 'METADATA_EXPIRED',
      message: 'metadata: timestamp expired on 2026-11-01T00:00:00.000Z',
    })
  })

  it(
    'a peer that was off until its metadata expired says so, and follows again once the origin is back',
    async () => {
      const shelf = new Map(scene.honest)
      const endMs = Date.now() + 10 * DAY_MS
      announce(shelf, { timestamp: { expires: inSeconds(endMs) } })
      expect((await getAt(scene, 'away', Date.now(), await scene.serve(shelf))).summary?.version).toBe('2.0')
      const back = endMs + 10 * DAY_MS
      const { error } = await getAt(scene, 'away', back, NOBODY)
      expect(error).toMatchObject({
        code: 'METADATA_EXPIRED',
        message: `metadata: timestamp expired on ${inSeconds(endMs).replace('Z', '.000Z')}`,
      })
      publish(shelf, '3.0')
      expect((await getAt(scene, 'away', back, await scene.serve(shelf))).summary?.version).toBe('3.0')
    },
    MINUTES_MS,
  )
})
