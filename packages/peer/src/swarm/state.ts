/** Everything the planner knows of one release's swarm, seen from one peer. Changed by `apply` and by the planner alone. */
import { bitmapBytes } from './bitmap.ts'
import type { Reason, Source } from './events.ts'
import { hashPeer, type Claimant } from './ownership.ts'
import { startPace, type Pace, type Window } from './pace.ts'

export interface SwarmPolicy {
  /** Whether the origin may be asked at all; when false it never is. */
  origin: boolean
  /** From when on the origin may be asked, so that neighbours can be found first. Clock of the events. */
  originFromMs: number
  /**
   * Until then others may begin at the same time without being known yet: the origin is asked for one span at a time, and
   * first for those that nobody else is likely to begin with. Clock of the events.
   */
  gentleUntilMs: number
  /** The origin is not asked before neighbours have delivered nothing for this long; from then on it may be. */
  originDelayMs: number
  /** An owner without any progress for this long is passed over; longer where the origin itself is slow. */
  hedgeMs: number
  /** A request without any progress for this long is abandoned. */
  stallMs: number
  /** While all neighbours together are slower, the origin helps with spans that they hold. Bytes a second; 0 turns it off. */
  floorBytesPerSecond: number
  /** Most bytes in flight from all sources together. */
  inFlightBytesMax: number
}

export const DEFAULT_POLICY: Omit<SwarmPolicy, 'originFromMs' | 'gentleUntilMs'> = {
  origin: true,
  originDelayMs: 0,
  hedgeMs: 10_000,
  stallMs: 10_000,
  floorBytesPerSecond: 500_000,
  inFlightBytesMax: 32 << 20,
}

/** About three seconds of the rate are libtorrent's and Kraken's practice, and what a path far away needs. */
export const REMOTE_WINDOW: Window = { timeMs: 3_000, floorBytes: 2 << 20, ceilingBytes: 16 << 20 }
/** On a LAN little keeps a neighbour busy, and what is not asked of the first holder yet can be had of the next. */
export const LOCAL_WINDOW: Window = { timeMs: 250, floorBytes: 2 << 20, ceilingBytes: 16 << 20 }
/**
 * Less of the origin's: what one peer of a site has nearly all of, nobody can pass on yet, and what all of them have nearly
 * all of comes late to everybody. The floor is for the peers of a site together, because they share an uplink.
 */
export const ORIGIN_WINDOW: Window = { timeMs: 1_000, floorBytes: 4 << 20, ceilingBytes: 16 << 20 }
/** Spans that one neighbour may say it fetches at a time: no more than fit its window. */
export const FETCHING_MAX = 16

/** How long neighbours are given to show how fast they are. */
export const FLOOR_AFTER_MS = 10_000

export const MISSING = 0
export const REQUESTED = 1
export const HELD = 2

export interface Neighbour extends Claimant {
  local: boolean
  has: Uint8Array
  hasCount: number
  /** How many of the missing spans it has. */
  offers: number
  inFlightBytes: number
  pace: Pace
  /** Whether it ever delivered a span that verifies. */
  proven: boolean
  /** Times it delivered bytes that do not verify. */
  strikes: number
  /** Passed over until then, because a request to it stalled. */
  snubbedUntilMs: number
  /** When it last reported a new span, or joined. */
  progressMs: number
  /** What it says it fetches from beyond the site, and since when. */
  fetching: Map<number, number>
}

export interface Request {
  span: number
  from: Source
  reason: Reason
  bytes: number
  receivedBytes: number
  startedMs: number
  progressMs: number
}

export interface SwarmState {
  readonly self: Claimant
  readonly policy: SwarmPolicy
  readonly random: () => number
  readonly startedMs: number
  readonly spanCount: number
  /** Bytes to fetch for each span; less than its size where chunks of it were reused. */
  readonly spanBytes: Uint32Array
  readonly status: Uint8Array
  /** The missing spans, in an order of this peer's own, and where each stands in it. */
  readonly missing: number[]
  readonly missingAt: Int32Array
  /** No span before it is missing. */
  firstMissing: number
  /** How many neighbours of this site have each span. */
  readonly localCopies: Uint16Array
  readonly neighbours: Map<string, Neighbour>
  readonly requests: Map<number, Request[]>
  readonly originPace: Pace
  /** Whether neighbours were waited for long enough. */
  originOpen: boolean
  /** When it was planned last, and from when on neighbours are held to the floor. */
  plannedMs: number
  floorFromMs: number
  /** How often what it owes was asked for anew, and when last. */
  originRenewals: { count: number; atMs: number }
  /** How long the origin took for the span that it delivered last. */
  originSpanMs: number
  /** Failures of the origin in a row, and until when it is left alone because of them. */
  originFailures: number
  originSnubbedUntilMs: number
  /** All neighbours together; and with the origin. */
  readonly neighboursPace: Pace
  readonly totalPace: Pace
  inFlightBytes: number
  /** What limits on traffic leave of that. */
  readonly inFlightMax: { lan: number; wan: number; origin: number }
  /** Span → sources that failed it, not asked for it again while others can be. */
  readonly failedBy: Map<number, Set<Source>>
  /** Peers that must not be asked any more; the caller disconnects them. */
  readonly banned: Set<string>
  readonly bansToReport: string[]
}

/**
 * @param spanBytes bytes to fetch of each span; 0 means that it is held already
 * @param random uniform in [0, 1)
 */
export function createSwarm(
  self: string,
  spanBytes: Uint32Array,
  policy: SwarmPolicy,
  random: () => number,
  nowMs: number,
): SwarmState {
  const count = spanBytes.length
  const status = new Uint8Array(count)
  const missing: number[] = []
  for (let span = 0; span < count; span++) {
    if (spanBytes[span] === 0) status[span] = HELD
    else missing.push(span)
  }
  // Each peer wants the spans in an order of its own, so that neighbours soon have different ones to give.
  for (let i = missing.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[missing[i], missing[j]] = [missing[j] ?? 0, missing[i] ?? 0]
  }
  const missingAt = new Int32Array(count).fill(-1)
  missing.forEach((span, at) => (missingAt[span] = at))
  return {
    self: { id: self, hash: hashPeer(self) },
    policy,
    random,
    startedMs: nowMs,
    spanCount: count,
    spanBytes,
    status,
    missing,
    missingAt,
    firstMissing: 0,
    localCopies: new Uint16Array(count),
    neighbours: new Map(),
    requests: new Map(),
    originPace: startPace(nowMs),
    originOpen: false,
    originFailures: 0,
    plannedMs: nowMs,
    floorFromMs: nowMs + FLOOR_AFTER_MS,
    originRenewals: { count: 0, atMs: -Infinity },
    originSpanMs: 0,
    originSnubbedUntilMs: 0,
    neighboursPace: startPace(nowMs),
    totalPace: startPace(nowMs),
    inFlightBytes: 0,
    inFlightMax: { lan: Infinity, wan: Infinity, origin: Infinity },
    failedBy: new Map(),
    banned: new Set(),
    bansToReport: [],
  }
}

export function createNeighbour(id: string, local: boolean, spanCount: number, nowMs: number): Neighbour {
  return {
    id,
    hash: hashPeer(id),
    local,
    has: new Uint8Array(bitmapBytes(spanCount)),
    hasCount: 0,
    offers: 0,
    inFlightBytes: 0,
    pace: startPace(nowMs),
    proven: false,
    strikes: 0,
    snubbedUntilMs: 0,
    progressMs: nowMs,
    fetching: new Map(),
  }
}

export function isComplete(state: SwarmState): boolean {
  return state.missing.length === 0 && state.requests.size === 0
}
