/**
 * The connections of this peer: whom to dial, who is there, who is banned. Discovery reports candidates, this module
 * connects to a bounded number of them, opens a link to every peer that speaks the protocol, and serves theirs.
 */
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PeerError } from '../error.ts'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { linkOverStream, openRequester, type Hello, type Link, type Offer, type Requester } from '../links/index.ts'
import { createBans } from './bans.ts'
import { createCandidates, type FoundBy } from './candidates.ts'
import { isAsCertified, type Certified } from './certified.ts'
import { createDialler } from './dialler.ts'
import { askForPeers, tellPeers } from './exchange.ts'
import { createFollowing, type Following } from './following.ts'
import { createInbound } from './inbound.ts'
import { startLanes, type LaneConfig } from './lanes.ts'
import { isSameSite } from './locality.ts'
import { describeNeighbour, newNeighbour, type Neighbour, type NeighbourInfo } from './neighbour.ts'

export interface NeighboursConfig {
  fleet: string
  hello: Omit<Hello, 'lanePort'>
  /** Without it, everything goes over libp2p. */
  lane?: LaneConfig
  offer: Offer
  /** Of a private fleet: what the credential of a connected peer says. */
  memberOf?(peer: string): Certified | undefined
  paused(): boolean
  /** How much may be sent now, as `Traffic` says. */
  allowUpload(isLocal: boolean, to: string, bytes: number, signal: AbortSignal): Promise<number>
  /** Something worth a line in the log. */
  onEvent: OnEvent
}

export interface Neighbours extends AsyncDisposable {
  consider(id: PeerId, addresses: readonly Multiaddr[], by: FoundBy): void
  /** Those with a link to ask on. */
  linked(): Neighbour[]
  list(): NeighbourInfo[]
  /** Takes part in a release with every neighbour, present and future. */
  follow: Following['follow']
  /** Called whenever a neighbour becomes ready to be asked. Returns how to stop. */
  onLinked(listener: (neighbour: Neighbour) => void): () => void
  ban(peer: string, cause: string): void
  /** Whom this peer will have nothing to do with any more, and why. */
  bans(): { peer: string; cause: string }[]
  readonly sentBytes: number
  /** Of them, to other sites. */
  readonly sentWanBytes: number
  readonly wastedBytes: number
}

const TICK_MS = 500
/** One of the neighbours, by chance, is asked for others this often; each is when it comes. */
const EXCHANGE_MS = 10_000

/** @throws PeerError LISTEN_FAILED when lanes cannot be taken where they should be */
export async function startNeighbours(node: Libp2p, config: NeighboursConfig): Promise<Neighbours> {
  const protocol = `/shoal/${config.fleet}/chunks/1`
  const candidates = createCandidates(node.peerId)
  const neighbours = new Map<string, Neighbour>()
  const following = createFollowing(neighbours)
  const banned = createBans()
  const opening = new Set<string>()
  /** Connected, but without the protocol: trackers and DHT nodes. Asked again when they reconnect. */
  const strangers = new Set<string>()
  const listeners = new Set<(neighbour: Neighbour) => void>()
  const stopped = new AbortController()
  let sentBytes = 0
  let sentWanBytes = 0
  let wastedBytes = 0

  const dialler = createDialler(
    node,
    candidates,
    (id) => !isConnected(id) && !banned.has(id.toString()),
    (peer, cause) => config.onEvent('dial-failed', { peer, cause: String(cause) }),
    stopped.signal,
  )
  const lanes = await startLanes(config.lane, {
    connections: (peer) => node.getConnections(peer),
    announced: (peer) => candidates.get(peer)?.addresses.values() ?? [],
    serve: (link, connection) => inbound.takeLane(link, connection),
    ask(link, neighbour, onReady) {
      const lane = ask(link, neighbour, () => {
        following.joinAllOn(lane, neighbour)
        onReady(lane)
      })
    },
    onOpened: ({ key }) => config.onEvent('lane-opened', { peer: key }),
    onFailed: ({ key }, cause) => config.onEvent('lane-failed', { peer: key, cause: String(cause) }),
    random: Math.random,
  })
  const hello: Hello = { ...config.hello, lanePort: lanes.port }
  const inbound = createInbound({
    hello,
    offer: config.offer,
    paused: () => config.paused(),
    allow: (peer, bytes, signal) => config.allowUpload(neighbours.get(peer)?.local ?? false, peer, bytes, signal),
    isBanned: (peer) => banned.has(peer),
    isNear: (peer) => neighbours.get(peer)?.local ?? false,
    tellPeers: (asker) => tellPeers(neighbours.values(), candidates, asker),
    onHello: greet,
    onSent(peer, bytes) {
      sentBytes += bytes
      const neighbour = neighbours.get(peer)
      if (neighbour !== undefined) neighbour.sentBytes += bytes
      if (neighbour?.local !== true) sentWanBytes += bytes
    },
    onViolation: violated,
  })

  function connectionTo(id: PeerId): Connection | undefined {
    return node.getConnections(id).find((connection) => connection.status === 'open')
  }

  function isConnected(id: PeerId): boolean {
    return connectionTo(id) !== undefined
  }

  function violated(peer: string, error: PeerError): void {
    config.onEvent('link-failed', { peer, code: error.code, message: error.message })
    if (error.code === 'PROTOCOL_VIOLATION') ban(peer, error.message)
  }

  function ban(peer: string, cause: string): void {
    if (!banned.add(peer, cause)) return
    config.onEvent('banned', { peer, cause })
    const neighbour = neighbours.get(peer)
    if (neighbour !== undefined) void hangUp(neighbour.id)
  }

  async function hangUp(id: PeerId): Promise<void> {
    try {
      await node.hangUp(id, { signal: AbortSignal.timeout(LIMITS.dialTimeoutMs) })
    } catch (error) {
      config.onEvent('hang-up-failed', { peer: id.toString(), cause: String(error) })
    }
  }

  function greet(connection: Connection, hello: Hello): void {
    const peer = connection.remotePeer.toString()
    if (config.memberOf !== undefined && !isAsCertified(hello, config.memberOf(peer))) {
      return violated(peer, new PeerError('PROTOCOL_VIOLATION', 'it claims another site or role than its credential'))
    }
    const neighbour = neighbours.get(peer)
    if (neighbour === undefined) return
    neighbour.hello = hello
    neighbour.local = isSameSite(config.hello.site, hello.site, connection.remoteAddr)
  }

  /** Opens the link on which this peer asks. */
  async function open(id: PeerId): Promise<void> {
    const key = id.toString()
    if (opening.has(key) || strangers.has(key) || banned.has(key) || stopped.signal.aborted) return
    if (neighbours.get(key)?.requester !== undefined) return
    const connection = connectionTo(id)
    if (connection === undefined) return
    opening.add(key)
    try {
      const stream = await connection.newStream(protocol, {
        signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(LIMITS.dialTimeoutMs)]),
      })
      link(connection, stream)
    } catch (error) {
      if (error instanceof Error && error.name === 'UnsupportedProtocolError') strangers.add(key)
      else config.onEvent('link-failed', { peer: key, message: String(error) })
    } finally {
      opening.delete(key)
    }
  }

  function link(connection: Connection, stream: Stream): void {
    const key = connection.remotePeer.toString()
    const neighbour = neighbours.get(key) ?? newNeighbour(connection)
    neighbour.connection = connection
    neighbours.set(key, neighbour)
    const requester = ask(linkOverStream(key, stream), neighbour, () => {
      following.joinAll(neighbour)
      for (const listener of listeners) listener(neighbour)
      void exchange(neighbour)
      tendLanes()
    })
    neighbour.requester = requester
    requester.ended.addEventListener('abort', () => {
      if (neighbour.requester === requester) neighbour.requester = undefined
      if (!isConnected(neighbour.id)) neighbours.delete(key)
    })
    if (requester.ended.aborted) neighbour.requester = undefined
  }

  /** Says hello on a link of either kind. */
  function ask(link: Link, neighbour: Neighbour, onGreeted: () => void): Requester {
    return openRequester(link, {
      hello,
      onHello(theirs) {
        greet(neighbour.connection, theirs)
        onGreeted()
      },
      onViolation: (error) => violated(neighbour.key, error),
      onWasted(bytes) {
        wastedBytes += bytes
        neighbour.wastedBytes += bytes
      },
    })
  }

  async function exchange(neighbour: Neighbour): Promise<void> {
    try {
      const told = await askForPeers(neighbour, stopped.signal)
      for (const { id, addresses } of told) consider(id, addresses, 'exchange')
    } catch (error) {
      violated(neighbour.key, error as PeerError)
    }
  }

  function consider(id: PeerId, addresses: readonly Multiaddr[], by: FoundBy): void {
    if (banned.has(id.toString())) return
    candidates.add(id, addresses, by)
  }

  /** Who wants nothing needs no lanes. */
  function tendLanes(): void {
    if (following.isActive) for (const neighbour of neighbours.values()) lanes.tend(neighbour)
  }

  function tick(): void {
    dialler.dial(LIMITS.neighboursMax - neighbours.size)
    for (const connection of node.getConnections()) void open(connection.remotePeer)
    tendLanes()
    inbound.endLanes((peer) => isConnected(peerIdFromString(peer)))
  }

  const onConnect = (event: CustomEvent<PeerId>): void => {
    const key = event.detail.toString()
    if (banned.has(key)) return void hangUp(event.detail)
    strangers.delete(key)
    const inbound = node.getConnections(event.detail).every((each) => each.direction === 'inbound')
    if (inbound) candidates.add(event.detail, [], 'inbound')
    void open(event.detail)
  }
  const onDisconnect = (event: CustomEvent<PeerId>): void => {
    const key = event.detail.toString()
    strangers.delete(key)
    const neighbour = neighbours.get(key)
    neighbour?.requester?.close(new Error('disconnected'))
    neighbour?.lane?.close(new Error('disconnected'))
    neighbours.delete(key)
    inbound.endLanes((peer) => peer !== key)
  }
  const onIdentify = (event: CustomEvent<{ peerId: PeerId; listenAddrs: Multiaddr[] }>): void => {
    const known = candidates.get(event.detail.peerId)
    const by = known === undefined ? 'inbound' : ([...known.foundBy][0] ?? 'inbound')
    candidates.add(event.detail.peerId, event.detail.listenAddrs, by)
  }

  await node.handle(protocol, (stream, connection) => inbound.takeStream(stream, connection), {
    maxInboundStreams: LIMITS.inboundLinksPerPeerMax,
    maxOutboundStreams: 4,
  })
  node.addEventListener('peer:connect', onConnect)
  node.addEventListener('peer:disconnect', onDisconnect)
  node.addEventListener('peer:identify', onIdentify)
  const ticking = setInterval(tick, TICK_MS)
  const exchanging = setInterval(() => {
    const all = [...neighbours.values()]
    const neighbour = all[Math.floor(Math.random() * all.length)]
    if (neighbour !== undefined) void exchange(neighbour)
  }, EXCHANGE_MS)

  return {
    consider(id, addresses, by) {
      consider(id, addresses, by)
      tick()
    },
    linked: () => [...neighbours.values()].filter((each) => each.requester !== undefined && each.hello !== undefined),
    list: () =>
      [...neighbours.values()].map((each) =>
        describeNeighbour(each, candidates.get(each.id)?.foundBy ?? [], inbound.hasLane(each.key)),
      ),
    follow(release, watcher) {
      const follows = following.follow(release, watcher)
      tendLanes()
      return follows
    },
    onLinked(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ban,
    bans: () => banned.list(),
    get sentBytes() {
      return sentBytes
    },
    get sentWanBytes() {
      return sentWanBytes
    },
    get wastedBytes() {
      return wastedBytes
    },
    async [Symbol.asyncDispose]() {
      stopped.abort(new Error('stopping'))
      clearInterval(ticking)
      clearInterval(exchanging)
      node.removeEventListener('peer:connect', onConnect)
      node.removeEventListener('peer:disconnect', onDisconnect)
      node.removeEventListener('peer:identify', onIdentify)
      for (const { requester, lane } of neighbours.values()) {
        requester?.close(new Error('stopping'))
        lane?.close(new Error('stopping'))
      }
      inbound.endLanes(() => false)
      await lanes[Symbol.asyncDispose]()
      await node.unhandle(protocol)
    },
  }
}
