import type { MultiaddrConnection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { boundStrangers } from './strangers.ts'

const { strangersPerHostBurst, strangersPerHostRefillMs, strangersBurst } = LIMITS

let nowMs: number
let gater: ReturnType<typeof boundStrangers>
beforeEach(() => {
  nowMs = 0
  gater = boundStrangers(() => nowMs)
})

function from(address: string): MultiaddrConnection {
  return { remoteAddr: multiaddr(address) } as MultiaddrConnection
}

function isLetIn(connection: MultiaddrConnection): boolean {
  return gater.denyInboundConnection?.(connection) === false
}

function prove(connection: MultiaddrConnection): void {
  expect(gater.denyInboundEncryptedConnection?.({} as PeerId, connection)).toBe(false)
}

function letIn(count: number, address: (at: number) => string): number {
  return Array.from({ length: count }, (_, at) => isLetIn(from(address(at)))).filter(Boolean).length
}

describe('strangers', () => {
  it('of one host begin so many encryptions at once, and one more with every refill', () => {
    expect(letIn(500, () => '/ip4/192.0.2.1/tcp/1')).toBe(strangersPerHostBurst)
    nowMs += strangersPerHostRefillMs * 3
    expect(letIn(500, () => '/ip4/192.0.2.1/tcp/1')).toBe(3)
  })

  it('of one host do not keep others out', () => {
    letIn(500, () => '/ip4/192.0.2.1/tcp/1')
    expect(isLetIn(from('/ip4/192.0.2.2/tcp/1'))).toBe(true)
  })

  it('of one network of IPv6 count as one host', () => {
    const addresses = (at: number): string => `/ip6/2001:db8:0:1::${(at + 1).toString(16)}/tcp/1`
    expect(letIn(500, addresses)).toBe(strangersPerHostBurst)
    expect(isLetIn(from('/ip6/2001:db8:0:2::1/tcp/1'))).toBe(true)
    expect(isLetIn(from('/ip6/2001:db8::1:0:0:0:9/tcp/1'))).toBe(false)
  })

  it('of all hosts together are bounded, too', () => {
    expect(letIn(5_000, (at) => `/ip4/10.0.${at >> 8}.${at & 255}/tcp/1`)).toBe(strangersBurst)
  })
})

it('members cost nothing, however many come', () => {
  for (let at = 0; at < 2_000; at++) {
    const connection = from('/ip4/192.0.2.1/tcp/1')
    expect(isLetIn(connection)).toBe(true)
    prove(connection)
    prove(connection)
  }
  expect(letIn(500, () => '/ip4/192.0.2.1/tcp/1')).toBe(strangersPerHostBurst)
})
