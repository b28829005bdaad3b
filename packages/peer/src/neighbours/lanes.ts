/**
 * The lanes of this peer. It takes them of peers that are connected, and asks on one of its own to every neighbour that takes
 * them. Only spans go over a lane; while there is none they go over the stream, with all else: a lane that cannot be
 * opened or is lost is tried again later, and its loss costs no more than what was on it.
 */
import { performance } from 'node:perf_hooks'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { LIMITS } from '../limits.ts'
import type { Link, Requester } from '../links/index.ts'
import { dialLane, hostOf, laneHost, listenForLanes, type LaneIdentity } from '../network/index.ts'
import type { Neighbour } from './neighbour.ts'

export interface LaneConfig {
  identity: LaneIdentity
  /** Where lanes are taken; port 0 is any. */
  hosts: readonly string[]
  port: number
}

export interface LaneDeps {
  connections(peer?: PeerId): Connection[]
  /** Where a peer says that it can be reached. */
  announced(peer: PeerId): Iterable<Multiaddr>
  /** Serves on a lane that somebody opened. @param connection through which its peer was let in */
  serve(link: Link, connection: Connection): void
  /** Says hello on a lane to a neighbour, and calls back once that was answered. */
  ask(link: Link, neighbour: Neighbour, onReady: (lane: Requester) => void): void
  onOpened(neighbour: Neighbour): void
  onFailed(neighbour: Neighbour, cause: unknown): void
  random(): number
}

export interface Lanes extends AsyncDisposable {
  /** Where others can open lanes; 0 for nowhere. */
  readonly port: number
  /** Opens a lane to the neighbour, unless it has one, takes none, or it is too early for another attempt. */
  tend(neighbour: Neighbour): void
}

interface Attempts {
  underWay: boolean
  failures: number
  nextMs: number
}

/** @throws PeerError LISTEN_FAILED */
export async function startLanes(config: LaneConfig | undefined, deps: LaneDeps): Promise<Lanes> {
  if (config === undefined) return { port: 0, tend: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() }
  const { identity } = config
  const attemptsOf = new WeakMap<Neighbour, Attempts>()
  const stopped = new AbortController()
  const openTo = (peer: PeerId): Connection | undefined =>
    deps.connections(peer).find(({ status }) => status === 'open')
  const listener = await listenForLanes({
    ...config,
    admitsHost: (host) => deps.connections().some(({ remoteAddr }) => hostOf(remoteAddr) === host),
    onLane(peer, link) {
      const connection = openTo(peer)
      if (connection === undefined) link.close()
      else deps.serve(link, connection)
    },
  })

  async function open(neighbour: Neighbour, host: string, port: number, attempts: Attempts): Promise<void> {
    let link: Link
    try {
      link = await dialLane(identity, { host, port }, neighbour.id, stopped.signal)
    } catch (error) {
      if (!stopped.signal.aborted) deps.onFailed(neighbour, error)
      return over(attempts)
    }
    const openedMs = performance.now()
    const onEnded = (): void => {
      neighbour.lane = undefined
      over(attempts, openedMs)
    }
    if (link.ended.aborted) return onEnded()
    link.ended.addEventListener('abort', onEnded, { once: true })
    if (openTo(neighbour.id) === undefined) return link.close()
    deps.ask(link, neighbour, (lane) => {
      neighbour.lane = lane
      deps.onOpened(neighbour)
    })
  }

  function over(attempts: Attempts, openedMs?: number): void {
    const nowMs = performance.now()
    const lasted = openedMs !== undefined && nowMs - openedMs > LIMITS.lane.retryMaxMs
    attempts.underWay = false
    attempts.failures = lasted ? 1 : attempts.failures + 1
    const backoffMs = LIMITS.lane.retryMinMs * 2 ** Math.min(10, attempts.failures - 1)
    attempts.nextMs = nowMs + Math.min(LIMITS.lane.retryMaxMs, backoffMs) * (0.5 + deps.random() / 2)
  }

  return {
    port: listener.port,
    tend(neighbour) {
      const port = neighbour.hello?.lanePort ?? 0
      const attempts = attemptsOf.get(neighbour) ?? { underWay: false, failures: 0, nextMs: 0 }
      if (port === 0 || attempts.underWay || performance.now() < attempts.nextMs) return
      const host = laneHost(neighbour.connection, deps.announced(neighbour.id))
      if (host === undefined) return
      attemptsOf.set(neighbour, attempts)
      attempts.underWay = true
      void open(neighbour, host, port, attempts)
    },
    async [Symbol.asyncDispose]() {
      stopped.abort(new Error('stopping'))
      await listener[Symbol.asyncDispose]()
    },
  }
}
