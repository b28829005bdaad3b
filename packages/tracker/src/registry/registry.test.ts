import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRegistry, type Registered, type Registry, type RegistryLimits } from './registry.ts'

const LIMITS = { peersMax: 50, peersPerTopicMax: 10, topicsMax: 20, handOutCandidatesMax: 8 }

interface Subject {
  registry: Registry
  clock: { nowMs: number }
}

function createSubject(limits: Partial<{ [K in keyof RegistryLimits]: number }> = {}): Subject {
  const clock = { nowMs: 1_000 }
  let state = 1
  const random = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return { registry: createRegistry({ now: () => clock.nowMs, random }, { ...LIMITS, ...limits }), clock }
}

function peer(peerId: string, site: string | undefined, topics: string[], expiresMs = 2_000): Registered {
  const addresses = [`/ip4/10.0.0.1/tcp/1/p2p/${peerId}`]
  const all = new Map(topics.map((topic) => [topic, false]))
  return { peerId, addresses, remoteAddresses: addresses, site, role: 'device', topics: all, expiresMs }
}

const names = (peers: Registered[]): string[] => peers.map(({ peerId }) => peerId).sort()

describe('the registry', () => {
  it('tells near from far, and leaves out who asks', () => {
    const { registry } = createSubject()
    registry.put(peer('a', 'waw', ['t']))
    registry.put(peer('b', 'waw', ['t']))
    registry.put(peer('c', 'ber', ['t']))
    registry.put(peer('d', undefined, ['t']))
    registry.put(peer('e', 'waw', ['other']))
    const { near, far } = registry.around(peer('a', 'waw', ['t']))
    expect(names(near)).toEqual(['b'])
    expect(names(far)).toEqual(['c', 'd'])
  })

  it('has nobody near to a peer without a site', () => {
    const { registry } = createSubject()
    registry.put(peer('a', undefined, ['t']))
    const { near, far } = registry.around(peer('b', undefined, ['t']))
    expect(near).toEqual([])
    expect(names(far)).toEqual(['a'])
  })

  it('does not name who has expired, and forgets them', () => {
    const { registry, clock } = createSubject()
    registry.put(peer('a', 'waw', ['t'], 2_000))
    registry.put(peer('b', 'waw', ['t'], 3_000))
    clock.nowMs = 2_000
    expect(names(registry.around(peer('x', 'waw', ['t'])).near)).toEqual(['b'])
    expect(registry.expire()).toBe(1)
    expect(registry.peers).toBe(1)
    clock.nowMs = 3_000
    expect(registry.expire()).toBe(1)
    expect([registry.peers, registry.topics]).toEqual([0, 0])
  })

  it('replaces what a peer announced before', () => {
    const { registry } = createSubject()
    registry.put(peer('a', 'waw', ['one', 'two']))
    registry.put(peer('a', 'ber', ['two', 'three']))
    expect(registry.topics).toBe(2)
    expect(names(registry.around(peer('x', 'ber', ['two'])).near)).toEqual(['a'])
    expect(registry.around(peer('x', 'waw', ['one'])).far).toEqual([])
  })

  it('finds the few outside among the many at home', () => {
    const { registry } = createSubject({ peersMax: 1_000, peersPerTopicMax: 1_000 })
    for (let i = 0; i < 500; i += 1) registry.put(peer(`home${i}`, 'waw', ['t']))
    registry.put(peer('away', 'ber', ['t']))
    const { near, far } = registry.around(peer('x', 'waw', ['t']))
    expect(names(far)).toEqual(['away'])
    expect(near.length).toBeGreaterThan(4)
    expect(near.length).toBeLessThanOrEqual(LIMITS.handOutCandidatesMax)
  })

  it('stays within every limit and empties again, whatever is announced', () => {
    const name = (prefix: string, max: number): fc.Arbitrary<string> => fc.nat({ max }).map((n) => `${prefix}${n}`)
    const announces = fc.array(
      fc.record({
        peerId: name('p', 80),
        site: fc.option(name('s', 5), { nil: undefined }),
        topics: fc.uniqueArray(name('t', 30), { maxLength: 10 }),
        leaves: fc.boolean(),
      }),
      { maxLength: 300 },
    )
    fc.assert(
      fc.property(announces, (steps) => {
        const { registry, clock } = createSubject()
        for (const { peerId, site, topics, leaves } of steps) {
          if (leaves) registry.remove(peerId)
          else registry.put(peer(peerId, site, topics))
          expect(registry.peers).toBeLessThanOrEqual(LIMITS.peersMax)
          expect(registry.topics).toBeLessThanOrEqual(LIMITS.topicsMax)
          const { near, far } = registry.around(peer(peerId, site, topics))
          for (const other of [...near, ...far]) {
            expect(other.peerId).not.toBe(peerId)
            expect(topics.some((topic) => other.topics.has(topic))).toBe(true)
          }
          for (const other of near) expect(other.site).toBe(site)
          for (const other of far) expect(other.site === undefined || other.site !== site).toBe(true)
        }
        clock.nowMs = 2_000
        registry.expire()
        expect([registry.peers, registry.topics]).toEqual([0, 0])
      }),
      { numRuns: 50 },
    )
  })
})
