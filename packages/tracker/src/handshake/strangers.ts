/**
 * What strangers may cost. Every inbound connection is paid for before its encryption begins, from a budget of its host and
 * one of all hosts; a member gets it back when its handshake is through.
 */
import type { ConnectionGater, MultiaddrConnection } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'
import { createRateLimit } from '../service/rate-limit.ts'

const EVERYBODY = 'everybody'

export function boundStrangers(now: () => number = () => performance.now()): ConnectionGater {
  const hosts = createRateLimit(
    {
      burst: LIMITS.strangersPerHostBurst,
      refillMs: LIMITS.strangersPerHostRefillMs,
      keysMax: LIMITS.strangerHostsMax,
    },
    now,
  )
  const all = createRateLimit({ burst: LIMITS.strangersBurst, refillMs: LIMITS.strangersRefillMs, keysMax: 1 }, now)
  const unproven = new WeakSet<MultiaddrConnection>()
  return {
    denyInboundConnection(connection) {
      const host = hostOf(connection)
      if (all.take(EVERYBODY) > 0) return true
      hosts.forgetIdle()
      if (hosts.take(host) > 0) {
        all.giveBack(EVERYBODY)
        return true
      }
      unproven.add(connection)
      return false
    },
    denyInboundEncryptedConnection(_peer, connection) {
      if (unproven.delete(connection)) {
        all.giveBack(EVERYBODY)
        hosts.giveBack(hostOf(connection))
      }
      return false
    },
  }
}

/** One machine may have a whole /64 of IPv6 to itself. */
function hostOf(connection: MultiaddrConnection): string {
  const host = connection.remoteAddr.getComponents()[0]?.value ?? ''
  if (!host.includes(':')) return host
  const [head = '', tail] = host.split('::')
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')
  const zeros = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length
  return [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail ?? '')].slice(0, 4).join(':')
}
