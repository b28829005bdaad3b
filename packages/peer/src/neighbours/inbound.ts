/** The links that others opened to ask this peer, within their limits. */
import type { Connection, Stream } from '@libp2p/interface'
import type { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { linkOverStream, serveLink, type Hello, type Offer } from '../links/index.ts'

export interface InboundDeps {
  hello: Hello
  offer: Offer
  paused(): boolean
  allow(peer: string, bytes: number, signal: AbortSignal): Promise<number>
  isBanned(peer: string): boolean
  tellPeers(asker: string): Uint8Array
  onHello(connection: Connection, hello: Hello): void
  onSent(peer: string, bytes: number): void
  onViolation(peer: string, error: PeerError): void
}

export function createInbound(deps: InboundDeps): (stream: Stream, connection: Connection) => void {
  const countOf = new Map<string, number>()
  let total = 0

  return (stream, connection) => {
    const peer = connection.remotePeer.toString()
    const count = countOf.get(peer) ?? 0
    if (deps.isBanned(peer) || count >= LIMITS.inboundLinksPerPeerMax || total >= LIMITS.inboundLinksMax) {
      stream.abort(new Error('no room for another link'))
      return
    }
    countOf.set(peer, count + 1)
    total++
    const link = linkOverStream(peer, stream)
    const onEnded = (): void => {
      total--
      const left = (countOf.get(peer) ?? 1) - 1
      if (left === 0) countOf.delete(peer)
      else countOf.set(peer, left)
    }
    if (link.ended.aborted) return onEnded()
    link.ended.addEventListener('abort', onEnded, { once: true })
    serveLink(link, {
      hello: deps.hello,
      offer: deps.offer,
      paused: () => deps.paused(),
      allow: (bytes, signal) => deps.allow(peer, bytes, signal),
      tellPeers: (asker) => deps.tellPeers(asker),
      onHello: (hello) => deps.onHello(connection, hello),
      onSent: (bytes) => deps.onSent(peer, bytes),
      onViolation: (error) => deps.onViolation(peer, error),
    })
  }
}
