// Members that are put out in the middle of a transfer, in real processes: one that hears of it, and one that does not and gives nothing up.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Peer } from '../constellation/peer.ts'
import { connectionsBetween } from './connections.ts'
import { openPrivateFleet, type PrivateFleet } from './private-fleet.ts'

const TIMEOUT_MS = 60_000
const TEST_MS = 240_000
/** At the giver's limit it takes a minute, long enough for two to be put out in the meantime. */
const RELEASE_BYTES = 32_000_000
const GIVER_RATE = '500kB/s'
const UNDER_WAY_BYTES = 500_000
const SOON = { timeout: TIMEOUT_MS }
/** From the tracker's answer on. */
const CUT_WITHIN_MS = 10_000

let fleet: PrivateFleet
beforeAll(async () => {
  fleet = await openPrivateFleet()
}, TEST_MS)
afterAll(() => fleet[Symbol.asyncDispose]())

it(
  'whoever is revoked loses its lanes within seconds, whether it hears of it or not, and gets no more; the others go on',
  async () => {
    await fleet.publish('2.0.0', RELEASE_BYTES)
    const limits = { uploadLan: GIVER_RATE }
    const giver = await fleet.startMember('giver', [], { origin: fleet.origin, config: { limits } })
    await giver.until('installed', { timeoutMs: TIMEOUT_MS })
    const takers = ['hears', 'deaf', 'stays'].map((name) => fleet.startMember(name, [], { peers: giver.addresses }))
    const [hears, deaf, stays] = (await Promise.all(takers)) as [Peer, Peer, Peer]
    await Promise.all([hears, deaf, stays].map((peer) => underWay(peer, UNDER_WAY_BYTES)))
    await Promise.all([hears, deaf].map((peer) => expect.poll(() => lanesOf(peer), SOON).toContain(giver.peerId)))

    process.kill(deaf.program.pid, 'SIGSTOP')
    expect(connectionsBetween(giver.program.pid, deaf.program.pid)).toBeGreaterThan(0)
    await Promise.all([hears, deaf].map((peer) => fleet.office('revoke', peer.peerId)))
    const deadline = { timeout: CUT_WITHIN_MS, interval: 100 }
    for (const member of [giver, stays]) {
      for (const gone of [hears, deaf]) {
        const left = (): number => connectionsBetween(member.program.pid, gone.program.pid)
        await expect.poll(left, deadline).toBe(0)
      }
    }
    expect(await hears.program.exited).toMatchObject({ code: 7 })

    // Of what was on its way when it was cut off, some may be in its kernel; more than the giver had sent by now nobody gets.
    const { sentBytes } = (await giver.status()) as { sentBytes: number }
    process.kill(deaf.program.pid, 'SIGCONT')
    await fleet.ground.run('peer', 'lift', [
      'limit',
      '--upload-lan',
      'unlimited',
      '--state-dir',
      giver.stateDir,
      '--json',
    ])
    await stays.until('installed', { timeoutMs: TEST_MS })
    expect(await lanesOf(giver)).toEqual([stays.peerId])
    expect(sentBytes).toBeLessThan(RELEASE_BYTES)
    for (const peer of [hears, deaf]) {
      expect(peer.program.latest('installed')).toBeUndefined()
      expect(peer.program.latest('progress')?.doneBytes).toBeLessThanOrEqual(sentBytes)
    }
  },
  TEST_MS,
)

function underWay(peer: Peer, bytes: number): Promise<unknown> {
  return peer.until('progress', { timeoutMs: TIMEOUT_MS, where: ({ doneBytes }) => doneBytes >= bytes })
}

/** Neighbours of a peer with which it moves spans over a lane. */
async function lanesOf(peer: Peer): Promise<string[]> {
  const { neighbours } = (await peer.status()) as { neighbours: { id: string; lane: string }[] }
  return neighbours.filter(({ lane }) => lane === 'tls').map(({ id }) => id)
}
