/** Where the lanes of a connected peer can be: at the host where it is seen to be, if that can be dialled. */
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const HOST_PARTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])
const MAPPED = '::ffff:'

/** @param announced where the peer says that it can be reached; undefined when no lane can be dialled */
export function laneHost(
  { direction, remoteAddr }: Pick<Connection, 'direction' | 'remoteAddr'>,
  announced: Iterable<Multiaddr>,
): string | undefined {
  const host = hostOf(remoteAddr)
  if (host === undefined || direction === 'outbound') return host
  for (const address of announced) if (hostOf(address) === host) return host
  return undefined
}

/** The address or name in a multiaddr; undefined for one that leads through another peer. */
export function hostOf(address: Multiaddr): string | undefined {
  const parts = address.getComponents()
  if (parts.some(({ name }) => name === 'p2p-circuit')) return undefined
  const host = parts.find(({ name }) => HOST_PARTS.has(name))?.value
  return host === undefined ? undefined : plainHost(host)
}

/** An IPv4 address as such, also where it came in as one of IPv6. */
export function plainHost(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address
}
