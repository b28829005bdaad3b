/** What a device asks and tells a tracker of rollouts, and when it may have missed something. */
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { askPolicy, sendReports } from '@shoal/tracker/client'
import { connectTo } from './discovery/connect.ts'
import type { Peer } from './peer.ts'
import type { SendReports } from './reports/index.ts'
import type { AskTracker } from './rollout/index.ts'

export function askTrackerForPolicy({ node, root }: Pick<Peer, 'node' | 'root'>): AskTracker {
  return async (tracker, knownVersion, signal) =>
    askPolicy(node, await connectTo(node, tracker, signal), root.fleet, knownVersion, { signal })
}

export function sendToTracker({ node, root }: Pick<Peer, 'node' | 'root'>, tracker: Multiaddr): SendReports {
  return async (reports, signal) =>
    sendReports(node, await connectTo(node, tracker, signal), root.fleet, reports, { signal })
}

/** Calls back for each new connection to one of the trackers: what they told without it was not heard. Returns how to stop. */
export function onTrackerUp(
  node: Pick<Libp2p, 'addEventListener' | 'removeEventListener'>,
  trackers: readonly Multiaddr[],
  listener: () => void,
): () => void {
  const ids = new Set(trackers.map((address) => address.getComponents().at(-1)?.value))
  const hear = ({ detail }: { detail: { peerId: { toString(): string } } }): void => {
    if (ids.has(detail.peerId.toString())) listener()
  }
  node.addEventListener('peer:identify', hear)
  return () => node.removeEventListener('peer:identify', hear)
}
