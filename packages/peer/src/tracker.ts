/** What a device asks and tells a tracker of rollouts. */
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
