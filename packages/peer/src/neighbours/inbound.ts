/** The links that others opened to ask this peer, streams and lanes, within their limits. */
import type { Connection, Stream } from '@libp2p/interface'
import type { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { SPAN_BYTES } from '@shoal/release'
import {
  createBufferPool,
  linkOverStream,
  serveLink,
  tellOnce,
  type Hello,
  type Link,
  type Offer,
  type TellOnce,
} from '../links/index.ts'

export interface InboundDeps {
  hello: Hello
  offer: Offer
  paused(): boolean
  allow(peer: string, bytes: number, signal: AbortSignal): Promise<number>
  isBanned(peer: string): boolean
  /** Whether it is of this site. */
  isNear(peer: string): boolean
  tellPeers(asker: string): Uint8Array
  onHello(connection: Connection, hello: Hello): void
  onSent(peer: string, bytes: number): void
  onViolation(peer: string, error: PeerError): void
}

export interface Inbound {
  takeStream(stream: Stream, connection: Connection): void
  /** @param connection through which its peer was let in */
  takeLane(link: Link, connection: Connection): void
  hasLane(peer: string): boolean
  /** Ends the lanes of those who are connected no longer: unlike streams they would stay. */
  endLanes(isConnected: (peer: string) => boolean): void
}

/** Holds a span of any release that was cut as by default, and the header of a frame. */
const ROOM_BYTES = SPAN_BYTES + (512 << 10)

export function createInbound(deps: InboundDeps): Inbound {
  const streams = createSeats(LIMITS.inboundLinksPerPeerMax)
  const rooms = createBufferPool(ROOM_BYTES, LIMITS.roomsIdleMax)
  const lanes = createSeats(LIMITS.lane.inboundPerPeerMax)
  const tellings = new Map<string, TellOnce>()

  function tellingOf({ peer, ended }: Link): TellOnce {
    const telling = tellings.get(peer) ?? tellOnce(deps.offer, () => deps.isNear(peer))
    tellings.set(peer, telling)
    const forget = (): void => {
      if (streams.countOf(peer) + lanes.countOf(peer) === 0) tellings.delete(peer)
    }
    ended.addEventListener('abort', forget, { once: true })
    return telling
  }

  function serve(link: Link, connection: Connection, seats: Seats): void {
    const { peer } = link
    const isFull = streams.all.size + lanes.all.size >= LIMITS.inboundLinksMax
    if (deps.isBanned(peer) || isFull || !seats.take(link)) return link.close(new Error('no room for another link'))
    const telling = tellingOf(link)
    serveLink(link, {
      hello: deps.hello,
      offer: { ...deps.offer, watch: seats === lanes ? telling.onLane : telling.onStream },
      rooms,
      paused: () => deps.paused(),
      allow: (bytes, signal) => deps.allow(peer, bytes, signal),
      tellPeers: (asker) => deps.tellPeers(asker),
      onHello: (hello) => deps.onHello(connection, hello),
      onSent: (bytes) => deps.onSent(peer, bytes),
      onViolation: (error) => deps.onViolation(peer, error),
    })
  }

  return {
    takeStream: (stream, connection) =>
      serve(linkOverStream(connection.remotePeer.toString(), stream), connection, streams),
    takeLane: (link, connection) => serve(link, connection, lanes),
    hasLane: (peer) => lanes.countOf(peer) > 0,
    endLanes(isConnected) {
      for (const link of [...lanes.all]) if (!isConnected(link.peer)) link.close(new Error('disconnected'))
    },
  }
}

interface Seats {
  readonly all: ReadonlySet<Link>
  countOf(peer: string): number
  /** False when the peer has all that it may have, or the link has ended already. */
  take(link: Link): boolean
}

function createSeats(perPeerMax: number): Seats {
  const all = new Set<Link>()
  const countOf = (peer: string): number => [...all].filter((each) => each.peer === peer).length
  return {
    all,
    countOf,
    take(link) {
      if (link.ended.aborted || countOf(link.peer) >= perPeerMax) return false
      all.add(link)
      link.ended.addEventListener('abort', () => all.delete(link), { once: true })
      return true
    },
  }
}
