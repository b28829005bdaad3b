/** What came of a simulation, in figures. */
import { bitmapBytes, type Reason } from '@shoal/peer'
import { fluidBounds, isCounted } from './bound.ts'
import type { Outcome, PeerOutcome, Scenario } from './scenario.ts'

/** Of a share of the peers: when they were done, when they could have been, ms; null: never. */
export interface Milestone {
  doneMs: number | null
  boundMs: number
  ratio: number | null
}

export interface SimulationFigures {
  spans: number
  /** Peers that were to have everything, and those that did not get it. */
  counted: number
  stuck: number
  half: Milestone
  most: Milestone
  all: Milestone
  /** Copies of the release: from the origin in all; from there, and over its uplink in all, per site. */
  originCopies: number
  originCopiesPerSite: Spread
  uplinkCopiesPerSite: Spread
  /** Received and thrown away, of all that was received. */
  wastedShare: number
  neighbours: Spread
  bans: number
  /** Frames that a peer sends, on average, and all of their bytes. */
  sentPerPeer: { available: number; have: number; fetching: number; request: number; cancel: number }
  controlBytesPerPeer: number
  /** Share of the spans, by why their source was asked. */
  reasons: Partial<Record<Reason, number>>
}

export interface Spread {
  mean: number
  most: number
}

/** Bytes of each frame of docs/protocol.md; a request's are those of its end, too. */
const FRAME_BYTES = { have: 11, fetching: 12, request: 47 + 10, cancel: 9 } as const
/** Besides its bitmap. */
const AVAILABLE_BYTES = 7
const FRAMES = Object.keys(FRAME_BYTES) as (keyof typeof FRAME_BYTES)[]
const MOST_SHARE = 0.99

export function figuresOf(scenario: Scenario, outcome: Outcome): SimulationFigures {
  const { sizeBytes } = scenario
  const counted = outcome.peers.filter(({ peer }) => isCounted(peer))
  const bounds = fluidBounds(scenario).filter((_, at) => isCountedAt(scenario, at))
  const doneMs = ascending(counted.map(({ doneMs }) => doneMs ?? Infinity))
  const boundMs = ascending(bounds)
  const milestone = (share: number): Milestone => milestoneOf(at(doneMs, share), at(boundMs, share))
  const sites = [...Map.groupBy(outcome.peers, ({ peer }) => peer.site).values()]
  const perSite = (bytesOf: (each: PeerOutcome) => number): Spread =>
    spread(sites.map((members) => sum(members, bytesOf) / sizeBytes))
  const received = (each: PeerOutcome): number => each.originBytes + each.wanBytes + each.lanBytes + each.wastedBytes
  const perPeer = (frame: keyof PeerOutcome['sent']): number => sum(counted, ({ sent }) => sent[frame]) / counted.length
  const spans = Math.ceil(sizeBytes / scenario.spanBytes)
  const sentPerPeer = {
    available: perPeer('available'),
    have: perPeer('have'),
    fetching: perPeer('fetching'),
    request: perPeer('request'),
    cancel: perPeer('cancel'),
  }

  return {
    spans,
    counted: counted.length,
    stuck: counted.filter((each) => each.doneMs === undefined).length,
    half: milestone(0.5),
    most: milestone(MOST_SHARE),
    all: milestone(1),
    originCopies: sum(outcome.peers, ({ originBytes }) => originBytes) / sizeBytes,
    originCopiesPerSite: perSite(({ originBytes }) => originBytes),
    uplinkCopiesPerSite: perSite((each) => each.originBytes + each.wanBytes + each.wastedUplinkBytes),
    wastedShare: sum(outcome.peers, ({ wastedBytes }) => wastedBytes) / sum(outcome.peers, received),
    neighbours: spread(outcome.peers.map(({ neighboursMost }) => neighboursMost)),
    bans: sum(outcome.peers, ({ bans }) => bans),
    sentPerPeer,
    controlBytesPerPeer: FRAMES.reduce(
      (bytes, frame) => bytes + sentPerPeer[frame] * FRAME_BYTES[frame],
      sentPerPeer.available * (AVAILABLE_BYTES + bitmapBytes(spans)),
    ),
    reasons: reasonShares(counted),
  }
}

function isCountedAt({ peers }: Scenario, at: number): boolean {
  const peer = peers[at]
  return peer !== undefined && isCounted(peer)
}

function milestoneOf(doneMs: number, boundMs: number): Milestone {
  if (doneMs === Infinity) return { doneMs: null, boundMs, ratio: null }
  return { doneMs, boundMs, ratio: doneMs / boundMs }
}

function reasonShares(peers: readonly PeerOutcome[]): Partial<Record<Reason, number>> {
  const counts = new Map<Reason, number>()
  for (const { reasons } of peers)
    for (const [reason, count] of Object.entries(reasons) as [Reason, number][])
      counts.set(reason, (counts.get(reason) ?? 0) + count)
  const all = [...counts.values()].reduce((total, count) => total + count, 0)
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).map(([reason, count]) => [reason, count / all]))
}

/** The first of those in order that so large a share does not exceed. */
function at(ordered: readonly number[], share: number): number {
  return ordered[Math.max(0, Math.ceil(share * ordered.length) - 1)] ?? 0
}

function ascending(values: number[]): number[] {
  return values.sort((a, b) => a - b)
}

function spread(values: readonly number[]): Spread {
  return {
    mean: values.reduce((total, value) => total + value, 0) / values.length,
    most: values.reduce((most, value) => Math.max(most, value), 0),
  }
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0)
}
