import { describe, expect, it } from 'vitest'
import type { PeerOutcome, Scenario, SimulatedPeer } from './scenario.ts'
import { simulate } from './simulate.ts'

const MIB = 1 << 20
const SEEDS = [1, 7, 42]
const size = 120 * MIB

function site(name: string, count: number, more: Partial<SimulatedPeer> = {}): SimulatedPeer[] {
  return Array.from({ length: count }, (_, i) => ({ name: `${name}-${i}`, site: name, ...more }))
}

function scenario(seed: number, peers: SimulatedPeer[], more: Partial<Scenario> = {}): Scenario {
  return {
    seed,
    sizeBytes: size,
    spanBytes: MIB,
    peers,
    uplinkRate: 6.25e6,
    lanRate: 125e6,
    endsMs: 300_000,
    ...more,
  }
}

const idealMs = (size / 6.25e6) * 1000

/** Also what came from the origin, by site; what was thrown away of it included. */
function run(what: Scenario): { peers: PeerOutcome[]; originBytes: Map<string, number> } {
  const { peers } = simulate(what)
  const originBytes = new Map<string, number>()
  for (const { peer, originBytes: bytes, wastedUplinkBytes } of peers)
    originBytes.set(peer.site, (originBytes.get(peer.site) ?? 0) + bytes + wastedUplinkBytes)
  return { peers, originBytes }
}

describe('the swarm core', () => {
  it.each(SEEDS)('brings a cold flash crowd one copy over the uplink (seed %i)', (seed) => {
    const { peers, originBytes } = run(scenario(seed, site('waw', 8)))
    expect(originBytes.get('waw')).toBeLessThan(1.001 * size)
    for (const peer of peers) expect(peer.doneMs, peer.peer.name).toBeLessThan(1.05 * idealMs)
  })

  it.each(SEEDS)('fetches nothing from the origin when a neighbour has everything (seed %i)', (seed) => {
    const peers = [...site('waw', 6), { name: 'seed', site: 'waw', complete: true }]
    const { originBytes, peers: outcomes } = run(scenario(seed, peers))
    expect(originBytes.get('waw') ?? 0).toBe(0)
    expect(outcomes.every((each) => each.doneMs !== undefined)).toBe(true)
  })

  it('never asks a forbidden origin, whatever happens', () => {
    const peers = [...site('waw', 4), { name: 'seed', site: 'waw', complete: true, diesMs: 400 }]
    const { originBytes } = run(scenario(3, peers, { policy: { origin: false }, endsMs: 60_000 }))
    expect(originBytes.get('waw') ?? 0).toBe(0)
  })

  it.each(SEEDS)('brings one copy to a site whose peers start one after another (seed %i)', (seed) => {
    const peers = site('waw', 8).map((peer, at) => ({ ...peer, startsMs: 2_000 * at }))
    const { peers: outcomes, originBytes } = run(scenario(seed, peers))
    expect(originBytes.get('waw')).toBeLessThan(1.001 * size)
    for (const peer of outcomes) expect(peer.doneMs, peer.peer.name).toBeLessThan(1.1 * idealMs)
  })

  it.each(SEEDS)('brings one copy over an uplink so slow that a span takes minutes (seed %i)', (seed) => {
    const slow = { uplinkRate: 1e5, endsMs: 3_000_000 }
    const { originBytes } = run(scenario(seed, site('waw', 16), { ...slow, sizeBytes: 60 * MIB }))
    expect(originBytes.get('waw')).toBeLessThan(1.001 * 60 * MIB)
  })

  it.each(SEEDS)('takes over what an owner that died had claimed (seed %i)', (seed) => {
    const peers = [...site('waw', 7), { name: 'doomed', site: 'waw', diesMs: 5_000 }]
    const { peers: outcomes, originBytes } = run(scenario(seed, peers))
    for (const peer of outcomes)
      if (peer.peer.name !== 'doomed') expect(peer.doneMs, peer.peer.name).toBeLessThan(1.4 * idealMs)
    expect(originBytes.get('waw')).toBeLessThan(1.15 * size)
  })

  it.each([12_000, 17_000, 30_000])(
    'fetches twice only what was on its way to a peer that stood still until %i ms',
    (resumesMs) => {
      const peers = [...site('waw', 7), { name: 'still', site: 'waw', pausesMs: 5_000, resumesMs }]
      const { peers: outcomes, originBytes } = run(scenario(7, peers))
      for (const { peer, doneMs } of outcomes)
        expect(doneMs, peer.name).toBeLessThan(peer.name === 'still' ? resumesMs + 0.5 * idealMs : 1.2 * idealMs)
      expect(originBytes.get('waw')).toBeLessThanOrEqual(size + 2 * MIB)
    },
  )

  it('finishes beside a neighbour whose bytes never verify, and asks it for little', () => {
    const peers = [...site('waw', 3), { name: 'liar', site: 'waw', complete: true, lies: true }]
    const { peers: outcomes } = run(scenario(5, peers))
    for (const peer of outcomes) {
      expect(peer.doneMs, peer.peer.name).toBeDefined()
      expect(peer.wastedBytes, peer.peer.name).toBeLessThanOrEqual(4 * MIB)
    }
  })

  it('does not starve behind a neighbour that delivers almost nothing', () => {
    const peers = [...site('waw', 2), { name: 'slow', site: 'waw', complete: true, rate: 2_000 }]
    const { peers: outcomes } = run(scenario(9, peers, { endsMs: 200_000 }))
    for (const peer of outcomes) expect(peer.doneMs, peer.peer.name).toBeDefined()
  })

  it.each(SEEDS)('prefers remote neighbours to the origin (seed %i)', (seed) => {
    const peers = [...site('waw', 4, { complete: true }), ...site('lis', 4)]
    const { originBytes } = run(scenario(seed, peers))
    expect(originBytes.get('lis') ?? 0).toBeLessThan(0.05 * size)
  })
})
