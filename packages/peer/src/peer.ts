/** The running peer, put together: node, discovery, neighbours, what it offers. Installing a release is `update.ts`. */
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { TrustedRoot } from '@shoal/release'
import { join } from 'node:path'
import { memberHandshake } from '@shoal/tracker/client'
import { memberServiceTag, startDiscovery, type Discovery } from './discovery/index.ts'
import type { OnEvent } from './events.ts'
import { LIMITS } from './limits.ts'
import { createOffer, type Offer } from './links/index.ts'
import { keepMembership, openMembership, type KeptMembership, type OpenedMembership } from './membership/index.ts'
import { startNeighbours, type Neighbours, type NeighboursConfig } from './neighbours/index.ts'
import { createLaneIdentity, hostOf, startNode, stopNode } from './network/index.ts'
import { listenToBroker, startNews, type BrokerConfig, type PeerBroker, type PeerNews } from './news/index.ts'
import { createOriginClient, type OriginClient } from './origin/index.ts'
import { startPinging } from './ping.ts'
import { onTrackerUp } from './tracker.ts'
import { startTraffic, type Traffic, type TrafficSettings } from './traffic/index.ts'
import { openTrust, type Trust } from './trust/index.ts'

export interface PeerConfig {
  root: TrustedRoot
  identity: PrivateKey
  /** Where verified metadata is kept. */
  stateDir: string
  listen: Multiaddr[]
  /** Told to others instead of what is listened on; needed where this peer has a public address. */
  announce: Multiaddr[]
  site: string
  role: 'device' | 'cache'
  /** Base URL of the origin; without one it is never asked. */
  origin: string | undefined
  /** Other origins that it may redirect to, such as `https://cdn.example`. */
  originRedirects: string[]
  /** Requests to it at the same time. */
  originRequestsMax?: number
  /** Without any, nothing is limited. */
  limits?: TrafficSettings
  given: Multiaddr[]
  trackers: Multiaddr[]
  bootstrap: Multiaddr[]
  mdns: boolean
  dht: boolean
  /** Where lanes are taken beside `listen`; 0 is any port, undefined not at all. */
  lanePort: number | undefined
  /** mDNS service tag; the fleet's own when absent. */
  serviceTag?: string
  /** A broker at which news lies, and by which reports can go. */
  mqtt?: BrokerConfig
  /** Of a member of a private fleet: how often trackers are asked about the membership. */
  membershipMs?: number
  onEvent: OnEvent
}

export interface Peer extends AsyncDisposable {
  readonly root: TrustedRoot
  readonly trust: Trust
  /** Absent in an open fleet. */
  readonly membership: KeptMembership | undefined
  readonly id: string
  readonly node: Libp2p
  readonly neighbours: Neighbours
  readonly news: PeerNews
  /** Where one is configured. */
  readonly broker: PeerBroker | undefined
  readonly discovery: Discovery
  readonly offer: Offer
  readonly origin: OriginClient | undefined
  readonly traffic: Traffic
  readonly site: string
  /** As configured, or as a member knows them. */
  readonly trackers: readonly Multiaddr[]
  /** Calls back for each new connection to a tracker. Returns how to stop. */
  onTrackerUp(listener: () => void): () => void
  onEvent: OnEvent
  /** Whether anything is configured through which neighbours can be found. */
  readonly expectsNeighbours: boolean
  /** The origin, unless a limit says never. */
  askableOrigin(): OriginClient | undefined
  /** Since when neighbours are looked for, on the clock of `performance.now()`. */
  readonly lookingSinceMs: number
  /** Nothing is fetched or served while it is paused. */
  isPaused(): boolean
  setPaused(paused: boolean): void
}

export async function startPeer(config: PeerConfig): Promise<Peer> {
  await using stack = new AsyncDisposableStack()
  const { fleet } = config.root
  let paused = false
  const { onEvent } = config
  const trust = await openTrust(join(config.stateDir, 'trust'), config.root, { onEvent })
  const opened = await openMembership(config.stateDir, () => trust.root, config.identity)
  const self = whoAmI(config, opened)
  const offer = createOffer((file) => trust.file(file))
  const traffic = stack.use(startTraffic(config.limits ?? { rates: {}, windows: [] }))
  const origin = config.origin === undefined ? undefined : stack.use(openOrigin(config.origin, config, traffic))
  const node = await startNode({
    fleet,
    privateKey: config.identity,
    listen: config.listen,
    ...(config.announce.length === 0 ? {} : { announce: config.announce }),
    dht: config.dht ? 'server' : 'off',
    ...(opened === undefined ? {} : { handshake: memberHandshake(opened.membership) }),
  })
  stack.defer(() => stopNode(node))
  const membership =
    opened === undefined
      ? undefined
      : stack.use(
          keepMembership(node, opened, {
            stateDir: config.stateDir,
            trackers: self.trackers,
            askMs: config.membershipMs ?? LIMITS.membership.askMs,
            onEvent,
          }),
        )
  const neighbours = stack.use(
    await startNeighbours(node, {
      fleet,
      hello: { role: self.role, site: self.site },
      ...(await lanes(config)),
      ...(opened === undefined ? {} : { memberOf: (peer) => opened.membership.memberOf(peer) }),
      offer,
      paused: () => paused,
      allowUpload: (isLocal, to, bytes, signal) => traffic.allowUpload(isLocal, to, bytes, signal),
      onEvent,
    }),
  )
  stack.use(
    startPinging(node, {
      isWanted: () => traffic.background?.isMoving() === true,
      remote: () => neighbours.linked().filter(({ local }) => !local),
      onRoundTrip: (to, ms) => traffic.background?.recordRoundTrip(to, ms),
    }),
  )
  const news = stack.use(startNews(node, { fleet, trust, membership: opened?.membership, neighbours, onEvent }))
  const broker =
    config.mqtt === undefined
      ? undefined
      : stack.use(
          listenToBroker(config.mqtt, {
            ...{ fleet, peer: node.peerId.toString(), news, onEvent },
            credential: () => opened?.membership.credentialBytes,
          }),
        )
  const discovery = stack.use(
    await startDiscovery(
      node,
      {
        fleet,
        // No site is not the site without a name.
        ...(self.site === '' ? {} : { site: self.site }),
        role: self.role,
        trackers: self.trackers,
        bootstrap: config.bootstrap,
        given: config.given,
        dht: config.dht,
        mdns: config.mdns,
        ...(self.serviceTag === undefined ? {} : { mdnsTag: self.serviceTag }),
      },
      (found) => neighbours.consider(found.id, found.addresses, found.by),
      { onEvent },
    ),
  )
  const lookingSinceMs = performance.now()
  const kept = stack.move()
  return {
    root: config.root,
    trust,
    membership,
    id: node.peerId.toString(),
    node,
    neighbours,
    news,
    broker,
    discovery,
    offer,
    origin,
    traffic,
    site: self.site,
    trackers: self.trackers,
    onTrackerUp: (listener) => onTrackerUp(node, self.trackers, listener),
    onEvent,
    expectsNeighbours: config.mdns || config.given.length + self.trackers.length + config.bootstrap.length > 0,
    askableOrigin: () => (traffic.origin.rate > 0 ? origin : undefined),
    lookingSinceMs,
    isPaused: () => paused,
    setPaused: (value) => (paused = value),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function lanes({ identity, listen, lanePort }: PeerConfig): Promise<Pick<NeighboursConfig, 'lane'>> {
  if (lanePort === undefined) return {}
  const hosts = listen.flatMap((address) => hostOf(address) ?? [])
  return { lane: { identity: await createLaneIdentity(identity), hosts, port: lanePort } }
}

function openOrigin(url: string, { originRedirects, originRequestsMax }: PeerConfig, traffic: Traffic): OriginClient {
  const { concurrency, connectionsMax } = LIMITS.origin.defaults
  const requestsMax = originRequestsMax ?? connectionsMax
  return createOriginClient(url, {
    allowRedirectTo: originRedirects,
    ration: traffic.origin,
    onAnswered: (ms) => traffic.background?.recordRoundTrip(url, ms),
    connectionsMax: requestsMax,
    concurrency: Math.min(concurrency, requestsMax),
  })
}

/** A member is what its credential says, and knows the trackers that it was enrolled at. */
function whoAmI(
  { role, site, trackers, serviceTag }: PeerConfig,
  opened: OpenedMembership | undefined,
): Pick<PeerConfig, 'role' | 'site' | 'trackers' | 'serviceTag'> {
  if (opened === undefined) return { role, site, trackers, ...(serviceTag === undefined ? {} : { serviceTag }) }
  const { credential, secret } = opened.membership
  return {
    role: credential.role === 'cache' ? 'cache' : 'device',
    site: credential.site,
    trackers: trackers.length > 0 ? trackers : opened.stored.trackers.map((text) => multiaddr(text)),
    serviceTag: serviceTag ?? memberServiceTag(secret),
  }
}
