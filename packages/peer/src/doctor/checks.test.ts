import { describe, expect, it } from 'vitest'
import { CHECKS, examine } from './checks.ts'
import type { DoctorFacts } from './facts.ts'
import { far, healthyFacts, HOUR_MS, near, NOW_MS } from './fixture/facts.ts'

const facts = healthyFacts
const { origin } = facts()
const expiring = (at: string): Partial<DoctorFacts['status']> => ({
  metadata: { ...facts().status.metadata, expires: { role: 'timestamp', at } },
})

const policyUntil = (expires: string): Partial<DoctorFacts['status']> => ({
  policy: { version: 12, expires, staged: ['game@stable'] },
})

describe('a doctor', () => {
  it('finds nothing wrong with a peer that is well', () => {
    expect(examine(facts()).map(({ check, verdict }) => `${check} ${verdict}`)).toEqual(
      Object.keys(CHECKS)
        .filter((check) => check !== 'pause' && check !== 'membership')
        .map((check) => `${check} ok`),
    )
  })

  it.each<[string, string, string, DoctorFacts]>([
    ['pause', 'FAIL', 'resume', facts({}, { paused: true })],
    [
      'releases',
      'FAIL',
      'below',
      facts({}, { follows: [{ target: 'a@b', out: '/', state: 'failing', reason: 'DISK_FULL', sinceMs: 0 }] }),
    ],
    ['trust', 'FAIL', 'refresh-timestamp', facts({}, expiring('2026-05-01T11:00:00Z'))],
    ['trust', 'warn', 'refresh-timestamp', facts({}, expiring('2026-05-01T12:30:00Z'))],
    [
      'membership',
      'FAIL',
      'enroll',
      facts({}, { membership: { group: 'g', role: 'device', expires: '2026-05-01T11:00:00Z', revocations: 0 } }),
    ],
    ['policy', 'FAIL', 'policy-out', facts({}, { policy: { staged: ['game@stable'] } })],
    ['policy', 'FAIL', 'policy key', facts({}, policyUntil('2026-05-01T11:00:00Z'))],
    ['policy', 'warn', 'policy key', facts({}, policyUntil('2026-05-05T12:00:00Z'))],
    ['reports', 'warn', 'resend', facts({}, { reports: { pending: 0, dead: 2, dropped: 0 } })],
    [
      'reports',
      'warn',
      'tracker reachable',
      facts({}, { reports: { pending: 3, dead: 0, dropped: 0, oldestMs: NOW_MS - HOUR_MS, failure: 'no answer' } }),
    ],
    [
      'broker',
      'warn',
      '8883',
      facts({}, { broker: { host: 'b', connected: false, failure: 'lost', fix: 'open 8883' } }),
    ],
    ['broker', 'warn', 'mqtt.url', facts({}, { broker: { host: 'b', connected: false } })],
    ['tracker', 'FAIL', '7071', facts({ trackers: [{ address: '/dns4/t', failure: 'refused' }] })],
    ['tracker', 'warn', '7071', facts({ trackers: [{ address: '/dns4/t', failure: 'refused' }, ...facts().trackers] })],
    ['origin', 'warn', 'limit --origin', facts({ origin: { url: 'u', isForbidden: true } })],
    [
      'origin',
      'FAIL',
      'proxy',
      facts({ origin: { url: 'u', isForbidden: false, failure: { message: '502', fix: 'look at the proxy' } } }),
    ],
    ['origin', 'FAIL', 'published', facts({ origin: { url: 'u', isForbidden: false } })],
    ['origin', 'FAIL', 'Range', facts({ origin: { url: 'u', isForbidden: false, rangeWorks: false } })],
    ['clock', 'warn', 'set-ntp', facts({ origin: { ...origin, aheadMs: 60_000 } as NonNullable<typeof origin> })],
    ['clock', 'FAIL', 'set-ntp', facts({ origin: { ...origin, aheadMs: -HOUR_MS } as NonNullable<typeof origin> })],
    ['lan discovery', 'warn', '5353', facts({}, { neighbours: [far] })],
    ['lan discovery', 'warn', 'mdns: true', facts({ discovery: { mdns: false, networks: [] } }, { neighbours: [] })],
    ['inbound', 'warn', '7070', facts({ inboundConnections: 0 }, { neighbours: [near, near, far, far, far] })],
    [
      'limits',
      'warn',
      'shoal-peer limit',
      facts({}, { limits: { ...facts().status.limits, uploadLan: { bytesPerSecond: 0, from: 'config' } } }),
    ],
    ['disk', 'warn', 'room', facts({ disks: [{ path: '/', freeBytes: 1e9, sizeBytes: 1e12 }] })],
    ['disk', 'FAIL', 'room', facts({ disks: [{ path: '/', freeBytes: 1e6, sizeBytes: 1e12 }] })],
  ])('finds what is wrong with %s (%s), and says what to do: %s', (check, verdict, fix, found) => {
    const wrong = examine(found).filter((each) => each.verdict !== 'ok')
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).toMatchObject({ check, verdict })
    expect(wrong[0]?.fix).toContain(fix)
  })

  it('says what keeps a machine of a staged channel waiting, and for how long reports do', () => {
    const follows = [
      { target: 'game@stable', out: '/', state: 'waiting', wait: 'ring-closed', ring: 'broad', sinceMs: 0 } as const,
    ]
    const reports = { pending: 1, dead: 0, dropped: 0, oldestMs: NOW_MS - HOUR_MS }
    const found = examine(facts({}, { follows, reports }))
    const text = (wanted: string): string | undefined => found.find(({ check }) => check === wanted)?.text
    expect(text('policy')).toBe('version 12 expires in 29d; game@stable waiting: ring broad is not open')
    expect(text('reports')).toBe('1 report to be sent, the oldest for 1h')
  })

  it('judges nothing that it cannot know', () => {
    const little = facts({ inboundConnections: 0, disks: [], trackers: [] }, { neighbours: [] })
    delete little.origin
    delete little.status.policy
    delete little.status.reports
    delete little.status.broker
    const found = examine(little)
    expect(found.map(({ check }) => check)).toEqual([
      'daemon',
      'releases',
      'trust',
      'lan discovery',
      'inbound',
      'limits',
    ])
    expect(found.find(({ check }) => check === 'inbound')?.verdict).toBe('unknown')
  })
})
