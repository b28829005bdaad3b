// Which addresses a peer may have handed out: TCP, to a host that can be meant, and ending in that peer's own id.
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'

const HOSTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/** The address with `/p2p/<peerId>` at its end, or undefined when nobody could dial it, or it is somebody else's. */
export function dialableAddress(text: string, peerId: string): string | undefined {
  const address = read(text)
  const [host, port, owner, ...more] = address?.getComponents() ?? []
  if (address === undefined || more.length > 0) return undefined
  if (host === undefined || !HOSTS.has(host.name) || !isUnicast(host.value ?? '')) return undefined
  if (port?.name !== 'tcp' || port.value === '0') return undefined
  if (owner === undefined) return `${address.toString()}/p2p/${peerId}`
  return owner.name === 'p2p' && owner.value === peerId ? address.toString() : undefined
}

/**
 * `127.0.0.0/8` and `::1`: true for the machine that says it and for no other.
 * @param text as a multiaddr writes itself
 */
export function isLoopbackAddress(text: string): boolean {
  return LOOPBACK.test(text)
}

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1(\/|$))/

function read(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    return undefined
  }
}

/** Not the wildcard, not multicast, not broadcast. */
function isUnicast(host: string): boolean {
  if (host === '' || host === '::' || host === '255.255.255.255') return false
  if (/^ff/i.test(host) && host.includes(':')) return false
  const first = /^(\d+)\.\d+\.\d+\.\d+$/.exec(host)?.[1]
  return first === undefined || (Number(first) > 0 && (Number(first) < 224 || Number(first) >= 240))
}
