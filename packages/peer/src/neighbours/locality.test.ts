import { networkInterfaces } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { isSameSite } from './locality.ts'

const far = multiaddr('/ip4/198.51.100.7/tcp/1')
const near = multiaddr('/ip4/192.168.1.7/tcp/1')

describe('locality', () => {
  it('follows the names of sites where there are any', () => {
    expect(isSameSite('waw', 'waw', far)).toBe(true)
    expect(isSameSite('waw', 'lis', near)).toBe(false)
    expect(isSameSite('waw', '', near)).toBe(false)
  })

  it('takes private addresses for the same site where nobody has a name', () => {
    expect(isSameSite('', '', near)).toBe(true)
    expect(isSameSite('', '', multiaddr('/ip6/fe80::1/tcp/1'))).toBe(true)
    expect(isSameSite('', '', far)).toBe(false)
    expect(isSameSite('', '', multiaddr('/dns4/example.org/tcp/1'))).toBe(false)
  })

  it('takes an address of a network that this machine is on for the same site', () => {
    for (const each of Object.values(networkInterfaces()).flat()) {
      if (each?.family === 'IPv4') expect(isSameSite('', '', multiaddr(`/ip4/${each.address}/tcp/1`))).toBe(true)
    }
  })
})
