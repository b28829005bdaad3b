/** Whether a neighbour is of this site. Named sites decide; without names, a private address means the same LAN. */
import { BlockList, isIPv6 } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'

const PRIVATE = new BlockList()
PRIVATE.addSubnet('10.0.0.0', 8)
PRIVATE.addSubnet('172.16.0.0', 12)
PRIVATE.addSubnet('192.168.0.0', 16)
PRIVATE.addSubnet('169.254.0.0', 16)
PRIVATE.addSubnet('127.0.0.0', 8)
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')
PRIVATE.addSubnet('fe80::', 10, 'ipv6')

/** @param address where the neighbour is seen to be, never what it says of itself */
export function isSameSite(ownSite: string, theirSite: string, address: Multiaddr): boolean {
  if (ownSite !== '' || theirSite !== '') return ownSite === theirSite
  const ip = address.getComponents().find((part) => part.name === 'ip4' || part.name === 'ip6')?.value
  return ip !== undefined && PRIVATE.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4')
}
