/**
 * Whether a neighbour is of this site. Named sites decide. Without names, the same LAN is: an address of a private range,
 * or of a network that this machine is itself on.
 */
import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'

const PRIVATE_RANGES = [
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
] as const

/** @param address where the neighbour is seen to be, never what it says of itself */
export function isSameSite(ownSite: string, theirSite: string, address: Multiaddr): boolean {
  if (ownSite !== '' || theirSite !== '') return ownSite === theirSite
  const ip = address.getComponents().find((part) => part.name === 'ip4' || part.name === 'ip6')?.value
  return ip !== undefined && nearby().check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4')
}

/** Made anew each time: a laptop changes networks. */
function nearby(): BlockList {
  const list = new BlockList()
  for (const [net, prefix, family] of PRIVATE_RANGES) list.addSubnet(net, prefix, family)
  for (const { address, cidr } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    if (cidr === null) continue
    list.addSubnet(address, Number(cidr.slice(cidr.indexOf('/') + 1)), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return list
}
