/** The running peer, put together: node, discovery, neighbours, what it offers. Installing a release is `update.ts`. */
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { TrustedRoot } from '@shoal/release'
import { startDiscovery, type Discovery } from './discovery/index.ts'
import { createOffer, type Offer } from './links/index.ts'
import { startNeighbours, type Neighbours } from './neighbours/index.ts'
import { startNode, stopNode } from './network/index.ts'
import { createOriginClient, type OriginClient } from './origin/index.ts'

export interface PeerConfig {
  root: TrustedRoot
  identity: PrivateKey
  listen: Multiaddr[]
  /** Told to others instead of what is listened on; needed where this peer has a public address. */
  announce: Multiaddr[]
  site: string
  role: 'device' | 'cache'
  /** Base URL of the origin; without one it is never asked. */
  origin: string | undefined
  /** Other origins that it may redirect to, such as `https://cdn.example`. */
  originRedirects: string[]
  given: Multiaddr[]
  trackers: Multiaddr[]
  bootstrap: Multiaddr[]
  mdns: boolean
  dht: boolean
  /** mDNS service tag; the fleet's own when absent. */
  serviceTag?: string
  onEvent(event: string, fields: Record<string, unknown>): void
}

export interface Peer extends AsyncDisposable {
  readonly root: TrustedRoot
  readonly id: string
  readonly node: Libp2p
  readonly neighbours: Neighbours
  readonly discovery: Discovery
  readonly offer: Offer
  readonly origin: OriginClient | undefined
  readonly site: string
  /** Whether anything is configured through which neighbours can be found. */
  readonly expectsNeighbours: boolean
  /** Nothing is fetched or served while it is paused. */
  isPaused(): boolean
  setPaused(paused: boolean): void
}

export async function startPeer(config: PeerConfig): Promise<Peer> {
  await using stack = new AsyncDisposableStack()
  const { fleet } = config.root
  let paused = false
  const offer = createOffer()
  const origin =
    config.origin === undefined
      ? undefined
      : stack.use(createOriginClient(config.origin, { allowRedirectTo: config.originRedirects }))
  const node = await startNode({
    fleet,
    privateKey: config.identity,
    listen: config.listen,
    ...(config.announce.length === 0 ? {} : { announce: config.announce }),
    dht: config.dht ? 'server' : 'off',
  })
  stack.defer(() => stopNode(node))
  const neighbours = stack.use(
    await startNeighbours(node, {
      fleet,
      hello: { role: config.role, site: config.site },
      offer,
      paused: () => paused,
      onEvent: (event, fields) => config.onEvent(event, fields),
    }),
  )
  const discovery = stack.use(
    await startDiscovery(
      node,
      {
        fleet,
        // No site is not the site without a name.
        ...(config.site === '' ? {} : { site: config.site }),
        role: config.role,
        trackers: config.trackers,
        bootstrap: config.bootstrap,
        given: config.given,
        dht: config.dht,
        mdns: config.mdns,
        ...(config.serviceTag === undefined ? {} : { mdnsTag: config.serviceTag }),
      },
      (found) => neighbours.consider(found.id, found.addresses, found.by),
      { onEvent: (event, fields) => config.onEvent(event, fields) },
    ),
  )
  const kept = stack.move()
  return {
    root: config.root,
    id: node.peerId.toString(),
    node,
    neighbours,
    discovery,
    offer,
    origin,
    site: config.site,
    expectsNeighbours: config.mdns || config.given.length + config.trackers.length + config.bootstrap.length > 0,
    isPaused: () => paused,
    setPaused: (value) => (paused = value),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
