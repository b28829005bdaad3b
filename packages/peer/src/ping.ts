/** Measures how long the way to neighbours of other sites takes, while that decides how much may be moved. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { LIMITS } from './limits.ts'

/** What of the ping service of a node is needed. */
interface Pinger {
  /** Milliseconds; connects first where there is no connection. */
  ping(peer: PeerId | Multiaddr, options: { signal: AbortSignal }): Promise<number>
}

export function pingerOf(node: Pick<Libp2p, 'services'>): Pinger {
  return node.services['ping'] as Pinger
}

export interface PingDeps {
  isWanted(): boolean
  /** Neighbours of other sites. */
  remote(): readonly { id: PeerId; key: string }[]
  onRoundTrip(peer: string, ms: number): void
}

export function startPinging(node: Pick<Libp2p, 'services'>, deps: PingDeps): Disposable {
  const pinger = pingerOf(node)
  const { pingMs, pingTimeoutMs, pingedMax } = LIMITS.background
  const stopped = new AbortController()
  const underWay = new Set<string>()

  async function ping({ id, key }: { id: PeerId; key: string }): Promise<void> {
    underWay.add(key)
    const startedMs = performance.now()
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(pingTimeoutMs)])
    try {
      deps.onRoundTrip(key, await pinger.ping(id, { signal }))
    } catch {
      // No answer in so long is the answer; that it left, or does not answer pings at all, is not.
      const waitedMs = performance.now() - startedMs
      if (!stopped.signal.aborted && waitedMs >= pingTimeoutMs) deps.onRoundTrip(key, waitedMs)
    } finally {
      underWay.delete(key)
    }
  }

  const pinging = setInterval(() => {
    if (!deps.isWanted()) return
    for (const each of deps.remote().slice(0, pingedMax)) if (!underWay.has(each.key)) void ping(each)
  }, pingMs)
  return {
    [Symbol.dispose]() {
      clearInterval(pinging)
      stopped.abort(new Error('stopping'))
    },
  }
}
