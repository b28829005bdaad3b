// Which addresses a peer may have handed out: TCP, to a host that can be meant, and ending in that peer's own id.
import { multiaddr } from '@multiformats/multiaddr'

const HOSTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/** The address with `/p2p/<peerId>` at its end, or undefined when nobody could dial it, or it is somebody else's. */
export function dialableAddress(text: string, peerId: string): string | undefined {
  const parts = componentsOf(text)
  if (parts === undefined || parts.length > 3) return undefined
  const [host, port, owner] = parts
  if (host === undefined || !HOSTS.has(host.name) || !isUnicast(host.value ?? '')) return undefined
  if (port?.name !== 'tcp' || port.value === '0') return undefined
  if (owner === undefined) return `${multiaddr(text).toString()}/p2p/${peerId}`
  return owner.name === 'p2p' && owner.value === peerId ? multiaddr(text).toString() : undefined
}

/** `127.0.0.0/8` and `::1`: true for the machine that says it and for no other. */
export function isLoopbackAddress(text: string): boolean {
  const [host] = componentsOf(text) ?? []
  return host?.name === 'ip4' ? host.value?.startsWith('127.') === true : host?.name === 'ip6' && host.value === '::1'
}

function componentsOf(text: string): { name: string; value?: string }[] | undefined {
  try {
    return multiaddr(text).getComponents()
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
