/**
 * The whole system on one machine, as real processes: a repository, its origin server, a tracker, and peers in sites. Tests and
 * the demo boot it alike. Everything listens on loopback, on ports of the system's choice, in a folder of its own.
 */
import { openGround, type Ground } from './ground.ts'
import { startOrigin, type Origin, type Published } from './origin.ts'
import type { Place } from './place.ts'
import { startPeer, type Peer, type PeerOptions } from './peer.ts'
import { startTracker, type Tracker } from './tracker.ts'

export interface ConstellationOptions {
  product?: string
  channel?: string
  /** Folder for what the processes print, when it shall outlive the constellation. */
  logs?: string
  /** False leaves the tracker out, and peers find each other in another way. */
  tracker?: boolean
  /** True for a tracker that does rollouts; the channel is not staged by that. */
  rollouts?: boolean
  /** Where origin and tracker run; here unless given. */
  servers?: Place
  /** Peers to start at once: site → how many. Named after it: lab-1, lab-2, … */
  sites?: Readonly<Record<string, number>>
}

/** What a peer is started with; target, root, origin and tracker are those of the constellation unless given. */
export type PeerSettings = Partial<PeerOptions> & { name: string }

export interface Constellation extends AsyncDisposable {
  readonly ground: Ground
  /** PRODUCT@CHANNEL */
  readonly target: string
  readonly origin: Origin
  readonly tracker: Tracker | undefined
  readonly peers: readonly Peer[]
  publish(version: string, source: string): Promise<Published>
  /** Returns when it listens; what it installs is told by its records. */
  startPeer(settings: PeerSettings): Promise<Peer>
}

export async function startConstellation(options: ConstellationOptions = {}): Promise<Constellation> {
  const { product = 'toolchain', channel = 'stable', sites = {} } = options
  await using stack = new AsyncDisposableStack()
  const ground = stack.use(await openGround(options.logs))
  const origin = await startOrigin(ground, { product, channel }, options.servers)
  const policyOut = options.rollouts === true ? origin.dir : undefined
  const tracker =
    options.tracker === false ? undefined : await startTracker(ground, origin.root, { at: options.servers, policyOut })
  // In the order in which they were asked for, which is not that in which they are up.
  const peers = new Map<number, Peer>()
  let asked = 0

  async function addPeer(settings: PeerSettings): Promise<Peer> {
    const at = asked++
    const shared = { target: `${product}@${channel}`, root: origin.root, origin: origin.url }
    const peer = await startPeer(ground, { ...shared, trackers: tracker?.addresses ?? [], ...settings })
    peers.set(at, peer)
    return peer
  }

  await Promise.all(namePeers(sites).map(addPeer))
  const kept = stack.move()
  return {
    ground,
    target: `${product}@${channel}`,
    origin,
    tracker,
    get peers() {
      return [...peers].sort(([a], [b]) => a - b).map(([, peer]) => peer)
    },
    publish: (version, source) => origin.publish(version, source),
    startPeer: addPeer,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** warsaw: 2 → warsaw-1, warsaw-2. */
export function namePeers(sites: Readonly<Record<string, number>>): { name: string; site: string }[] {
  return Object.entries(sites).flatMap(([site, count]) =>
    Array.from({ length: count }, (_, at) => ({ name: `${site}-${at + 1}`, site })),
  )
}
