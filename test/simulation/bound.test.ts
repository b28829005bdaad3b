import { describe, expect, it } from 'vitest'
import { fluidBounds } from './bound.ts'
import type { Scenario, SimulatedPeer } from './scenario.ts'

function scenario(peers: SimulatedPeer[], more: Partial<Scenario> = {}): Scenario {
  return { seed: 1, sizeBytes: 1_000, spanBytes: 10, peers, uplinkRate: 10, lanRate: 100, endsMs: 1e9, ...more }
}

describe('the fluid bound', () => {
  it('is one copy over the uplink of the site, from when its first peer begins', () => {
    const peers = [
      { name: 'a', site: 'waw', startsMs: 500 },
      { name: 'b', site: 'waw', startsMs: 2_000 },
      { name: 'c', site: 'lis', startsMs: 3_000 },
    ]
    expect(fluidBounds(scenario(peers))).toEqual([100_500, 100_500, 103_000])
  })

  it('is later for who is slower than the uplink, or comes when the others are done', () => {
    const peers = [
      { name: 'a', site: 'waw' },
      { name: 'b', site: 'waw', rate: 5 },
      { name: 'c', site: 'waw', startsMs: 150_000 },
    ]
    expect(fluidBounds(scenario(peers))).toEqual([100_000, 200_000, 160_000])
  })

  it('is later by what the uplink is cut, and where the origin is slower than it', () => {
    const peers = [{ name: 'a', site: 'waw' }]
    expect(fluidBounds(scenario(peers, { cuts: [{ site: 'waw', fromMs: 50_000, toMs: 70_000 }] }))).toEqual([120_000])
    expect(fluidBounds(scenario(peers, { cuts: [{ site: 'waw', fromMs: 200_000, toMs: 300_000 }] }))).toEqual([100_000])
    expect(fluidBounds(scenario(peers, { originRate: 4 }))).toEqual([250_000])
  })
})
