/**
 * What to ask of whom next. The rules, in the order in which they apply to a missing span:
 *
 * 1. A neighbour of this site has it and has room: ask it, rarest first.
 * 2. Nobody of this site has it or fetches it, and this peer owns it: ask a remote neighbour that has it, else the origin.
 * 3. Another peer fetches or owns it: wait, unless that makes no progress; then the next in rendezvous order takes it.
 *    Who has come far behind its site owns nothing.
 * 4. While neighbours are slower than the quality-of-service floor, the origin helps with spans that they hold; who owns
 *    one among the peers that lack it asks.
 * 5. At the very end, what a slow source still owes is asked of a faster one as well, and an origin that fell silent is asked
 *    anew: the last packets of a transfer have none behind them that would tell of their loss.
 */
import { addRequest, dropRequest } from './apply.ts'
import { hasBit } from './bitmap.ts'
import { claimants, lagsBehind, rivals, spansFetched } from './claims.ts'
import { ORIGIN, type Decision, type Reason, type Source, type Waiting } from './events.ts'
import { owns, weigh, type Claimant } from './ownership.ts'
import { currentRate, windowBytes } from './pace.ts'
import {
  FLOOR_AFTER_MS,
  HELD,
  LOCAL_WINDOW,
  MISSING,
  REMOTE_WINDOW,
  type Neighbour,
  type Request,
  type SwarmState,
} from './state.ts'
import { isGentle, originAllowed, originRoomBytes, remoteRoomBytes } from './uplink-room.ts'

/** Rarest of this many; a bound on the work for one choice. */
const CANDIDATES_MAX = 64
/** Endgame begins when nothing is missing and this many spans are under way. */
const ENDGAME_SPANS_MAX = 4
const ENDGAME_AFTER_MS = 1_000
/** What would still take longer than this is asked for beyond the site as well, where a second copy costs everybody. */
const ENDGAME_BEYOND_MS = 10_000
/** A silence of the origin that tells of lost packets rather than of a busy line: without a first byte, and after one. */
const UNANSWERED_MS = 1_200
const SILENT_MS = 500
const RENEWALS_MAX = 4
const SNUB_MS = 30_000
/** Bytes a second. */
const RATE_MIN = 16_000
/** It is planned several times a second: after a pause like this, this peer itself stood still, or was suspended. */
const STOOD_STILL_MS = 5_000

export function planRequests(state: SwarmState, nowMs: number): Decision[] {
  if (nowMs - state.plannedMs > STOOD_STILL_MS) beginAnew(state, nowMs)
  state.plannedMs = nowMs
  const decisions: Decision[] = state.bansToReport
    .splice(0)
    .map((peer) => ({ type: 'ban', peer, cause: 'corrupt' }) as const)
  state.originOpen ||= nowMs - state.neighboursPace.sinceMs >= state.policy.originDelayMs
  abandon(state, nowMs, decisions)
  askNeighbours(state, nowMs, decisions)
  if (originRoomBytes(state, nowMs) > 0 || remoteHasRoom(state, nowMs)) {
    const owned = ownedSpans(state, nowMs)
    askRemote(state, nowMs, owned, decisions)
    askOrigin(state, nowMs, owned, decisions)
  }
  runEndgame(state, nowMs, decisions)
  return decisions
}

/** What was not heard while this peer stood still says nothing of the others: they are given the time to be heard again. */
function beginAnew(state: SwarmState, nowMs: number): void {
  state.floorFromMs = nowMs + FLOOR_AFTER_MS
  for (const neighbour of state.neighbours.values()) neighbour.progressMs = nowMs
  for (const requests of state.requests.values()) for (const each of requests) each.progressMs = nowMs
}

/** Why the missing spans are not under way. */
export function explainWaiting(state: SwarmState, nowMs: number): Waiting {
  const waiting: Waiting = { owner: 0, busy: 0, nobody: 0, origin: 0 }
  const active = claimants(state, nowMs)
  const fetched = spansFetched(state, nowMs)
  const isBehind = lagsBehind(state, nowMs)
  const neighbours = [...state.neighbours.values()]
  for (const span of state.missing) {
    if (isHeldByAny(neighbours, span)) waiting.busy++
    else if (!state.policy.origin || state.inFlightMax.origin === 0) waiting.nobody++
    else if (!isBehind && !fetched.has(span) && owns(span, state.self, active)) waiting.origin++
    else waiting.owner++
  }
  return waiting
}

/** A loop, because it is asked of ten thousand spans at a time. */
function isHeldByAny(neighbours: readonly Neighbour[], span: number): boolean {
  for (const { has } of neighbours) if (hasBit(has, span)) return true
  return false
}

function abandon(state: SwarmState, nowMs: number, decisions: Decision[]): void {
  for (const requests of [...state.requests.values()]) {
    for (const request of requests) {
      if (state.status[request.span] === HELD) {
        dropRequest(state, request, HELD)
        decisions.push({ type: 'cancel', from: request.from, span: request.span, cause: 'lost-race' })
      } else if (request.from !== ORIGIN && (hasStalled(state, request, nowMs) || crawls(state, request, nowMs))) {
        // The origin's client has timeouts of its own and reports what failed.
        dropRequest(state, request)
        const neighbour = state.neighbours.get(request.from)
        if (neighbour !== undefined) neighbour.snubbedUntilMs = nowMs + SNUB_MS
        decisions.push({ type: 'cancel', from: request.from, span: request.span, cause: 'stalled' })
      }
    }
  }
}

/** A neighbour answers its requests in order: one that delivers any of them is not stalled on the others. */
function hasStalled(state: SwarmState, request: Request, nowMs: number): boolean {
  const lastSignMs = Math.max(request.progressMs, state.neighbours.get(request.from)?.pace.sinceMs ?? 0)
  return nowMs - lastSignMs > state.policy.stallMs
}

/** A source that feeds just enough to look alive is left where there is another: slow retrieval is an attack, too. */
function crawls(state: SwarmState, request: Request, nowMs: number): boolean {
  if (nowMs - request.startedMs <= state.policy.stallMs) return false
  const rate = state.neighbours.get(request.from)?.pace.rate ?? 0
  if (rate >= RATE_MIN) return false
  return originAllowed(state, nowMs) || fastestHolder(state, request, nowMs, true) !== undefined
}

function askNeighbours(state: SwarmState, nowMs: number, decisions: Decision[]): void {
  let askable = [...state.neighbours.values()].filter((each) => each.local && isUsable(state, each, nowMs))
  // One span each in turn: the load spreads over the neighbours, and no one of them is asked for everything.
  while (askable.length > 0) {
    askable = askable.filter((neighbour) => {
      if (!hasRoom(state, neighbour) || neighbour.offers === 0) return false
      const span = chooseRarest(state, neighbour)
      if (span === undefined) return false
      request(state, span, neighbour.id, 'lan-holder', nowMs, decisions)
      return true
    })
  }
}

function chooseRarest(state: SwarmState, neighbour: Neighbour): number | undefined {
  let best: number | undefined
  let bestCopies = Infinity
  let seen = 0
  for (const span of state.missing) {
    if (!hasBit(neighbour.has, span) || state.failedBy.get(span)?.has(neighbour.id) === true) continue
    const copies = state.localCopies[span] ?? 0
    if (copies < bestCopies) {
      best = span
      bestCopies = copies
    }
    if (++seen === CANDIDATES_MAX) break
  }
  return best
}

interface Owned {
  span: number
  reason: Reason
}

/**
 * Missing spans that nobody of the site has and that are this peer's to fetch. Those come first that it owns by the most:
 * a rival that it does not know yet is the least likely to own them, too. Who is alone asks in order, for long ranges, and
 * looks at no more than it asks for: of a large release there are ten thousand, and this is done for every few.
 */
function ownedSpans(state: SwarmState, nowMs: number): Iterable<Owned> {
  const active = claimants(state, nowMs)
  const inOrder = { [Symbol.iterator]: () => ownedInOrder(state, active, nowMs) }
  if (active.length === 0 && !isGentle(state, nowMs)) return inOrder
  return Array.from(inOrder, (owned) => ({ ...owned, weight: weigh(owned.span, state.self.hash) })).sort(
    (a, b) => b.weight - a.weight,
  )
}

function* ownedInOrder(state: SwarmState, active: readonly Neighbour[], nowMs: number): Generator<Owned> {
  if (state.missing.length === 0) return
  const fetched = spansFetched(state, nowMs)
  const everyone = rivals(state)
  const isBehind = lagsBehind(state, nowMs)
  const isStarving = isBelowFloor(state, nowMs)
  // Who fetches in order has all the missing ones behind those that it has.
  while (state.status[state.firstMissing] !== MISSING) state.firstMissing++
  for (let span = state.firstMissing; span < state.spanCount; span++) {
    if (state.status[span] !== MISSING || fetched.has(span)) continue
    if ((state.localCopies[span] ?? 0) === 0) {
      if (!isBehind && owns(span, state.self, active)) yield { span, reason: reasonOf(state, span, everyone) }
      continue
    }
    const haveFailed = onlySnubbedHold(state, span, nowMs)
    if (!haveFailed && !isStarving) continue
    // Others of the site wait for it, too, and one copy more is enough for all of them.
    const without = active.filter((each) => !hasBit(each.has, span))
    if (owns(span, state.self, without)) yield { span, reason: haveFailed ? 'holders-failed' : 'floor' }
  }
}

function isBelowFloor(state: SwarmState, nowMs: number): boolean {
  const floor = state.policy.floorBytesPerSecond
  if (floor === 0 || nowMs <= state.floorFromMs) return false
  return currentRate(state.neighboursPace, nowMs) < floor
}

function reasonOf(state: SwarmState, span: number, everyone: readonly Claimant[]): Reason {
  if (everyone.length === 0) return 'alone'
  return owns(span, state.self, everyone) ? 'owner' : 'hedge'
}

function onlySnubbedHold(state: SwarmState, span: number, nowMs: number): boolean {
  const failed = state.failedBy.get(span)
  for (const each of state.neighbours.values())
    if (each.local && hasBit(each.has, span) && isUsable(state, each, nowMs) && failed?.has(each.id) !== true)
      return false
  return true
}

function askRemote(state: SwarmState, nowMs: number, owned: Iterable<Owned>, decisions: Decision[]): void {
  const remote = [...state.neighbours.values()].filter((each) => !each.local && isUsable(state, each, nowMs))
  let roomBytes = remoteRoomBytes(state, nowMs)
  for (const { span, reason } of owned) {
    if (remote.length === 0 || roomBytes <= 0) return
    if (reason === 'floor') continue
    const holders = remote.filter(
      (each) => hasBit(each.has, span) && hasRoom(state, each) && state.failedBy.get(span)?.has(each.id) !== true,
    )
    const holder = holders.sort((a, b) => a.inFlightBytes - b.inFlightBytes)[0]
    if (holder === undefined) continue
    request(state, span, holder.id, 'wan-holder', nowMs, decisions)
    roomBytes -= state.spanBytes[span] ?? 0
  }
}

function askOrigin(state: SwarmState, nowMs: number, owned: Iterable<Owned>, decisions: Decision[]): void {
  let roomBytes = originRoomBytes(state, nowMs)
  for (const { span, reason } of owned) {
    if (roomBytes <= 0 || isFull(state)) return
    if (state.status[span] !== MISSING) continue
    if (reason !== 'floor' && remoteHolds(state, span, nowMs)) continue
    request(state, span, ORIGIN, reason, nowMs, decisions)
    roomBytes -= state.spanBytes[span] ?? 0
  }
}

function remoteHolds(state: SwarmState, span: number, nowMs: number): boolean {
  const failed = state.failedBy.get(span)
  for (const each of state.neighbours.values())
    if (!each.local && isUsable(state, each, nowMs) && hasBit(each.has, span) && failed?.has(each.id) !== true)
      return true
  return false
}

function runEndgame(state: SwarmState, nowMs: number, decisions: Decision[]): void {
  if (state.requests.size > ENDGAME_SPANS_MAX) return
  renewOrigin(state, nowMs, decisions)
  if (state.missing.length > 0) return
  for (const requests of [...state.requests.values()]) {
    const slow = requests[0]
    if (slow === undefined || requests.length > 1 || nowMs - slow.startedMs < ENDGAME_AFTER_MS) continue
    const slowRate = Math.max(1, rateOf(state, slow.from, nowMs))
    const restMs = ((slow.bytes - slow.receivedBytes) * 1000) / slowRate
    const isWorthACopy = restMs > ENDGAME_BEYOND_MS
    const idle = fastestHolder(state, slow, nowMs, isWorthACopy)
    if (idle !== undefined && restMs > 2 * ((slow.bytes * 1000) / Math.max(1, idle.pace.rate))) {
      request(state, slow.span, idle.id, 'endgame', nowMs, decisions)
    } else if (isWorthACopy && slow.from !== ORIGIN && originRoomBytes(state, nowMs) > 0 && !isFull(state)) {
      request(state, slow.span, ORIGIN, 'endgame', nowMs, decisions)
    }
  }
}

/** A few times, when all that is left here and at the others of the site is on its way, and nothing of it comes. */
function renewOrigin(state: SwarmState, nowMs: number, decisions: Decision[]): void {
  if (state.missing.length > ENDGAME_SPANS_MAX) return
  const owed = [...state.requests.values()].flat().filter(({ from }) => from === ORIGIN)
  if (owed.length === 0) return
  const askedMs = Math.max(...owed.map(({ startedMs }) => startedMs))
  const heardMs = Math.max(...owed.map(({ receivedBytes, progressMs }) => (receivedBytes > 0 ? progressMs : -Infinity)))
  const { count, atMs } = state.originRenewals
  const sinceMs = Math.max(askedMs, atMs)
  const quietMs = heardMs >= sinceMs ? SILENT_MS : UNANSWERED_MS
  if (count >= RENEWALS_MAX || nowMs - Math.max(sinceMs, heardMs) < quietMs) return
  state.originRenewals = { count: count + 1, atMs: nowMs }
  decisions.push({ type: 'renew', quietMs })
}

function fastestHolder(state: SwarmState, slow: Request, nowMs: number, fromAnywhere: boolean): Neighbour | undefined {
  return [...state.neighbours.values()]
    .filter(
      (each) =>
        each.id !== slow.from &&
        (each.local || fromAnywhere) &&
        isUsable(state, each, nowMs) &&
        hasBit(each.has, slow.span) &&
        hasRoom(state, each),
    )
    .sort((a, b) => b.pace.rate - a.pace.rate)[0]
}

function request(
  state: SwarmState,
  span: number,
  from: Source,
  reason: Reason,
  nowMs: number,
  decisions: Decision[],
): void {
  const bytes = state.spanBytes[span] ?? 0
  addRequest(state, { span, from, reason, bytes, receivedBytes: 0, startedMs: nowMs, progressMs: nowMs })
  decisions.push({ type: 'request', from, span, reason })
}

function isUsable(state: SwarmState, { local, snubbedUntilMs }: Neighbour, nowMs: number): boolean {
  return nowMs >= snubbedUntilMs && (local ? state.inFlightMax.lan : state.inFlightMax.wan) > 0
}

function hasRoom(state: SwarmState, neighbour: Neighbour): boolean {
  const window = windowBytes(neighbour.pace, neighbour.local ? LOCAL_WINDOW : REMOTE_WINDOW)
  return neighbour.inFlightBytes < window && !isFull(state) && isWithinLimit(state, neighbour.local)
}

/** Where traffic is limited, only as much is asked as will come soon. */
function isWithinLimit(state: SwarmState, isLocal: boolean): boolean {
  const max = isLocal ? state.inFlightMax.lan : state.inFlightMax.wan
  if (max === Infinity) return true
  let inFlight = 0
  for (const each of state.neighbours.values()) if (each.local === isLocal) inFlight += each.inFlightBytes
  return inFlight < max
}

function remoteHasRoom(state: SwarmState, nowMs: number): boolean {
  if (remoteRoomBytes(state, nowMs) <= 0) return false
  return [...state.neighbours.values()].some(
    (each) => !each.local && each.offers > 0 && isUsable(state, each, nowMs) && hasRoom(state, each),
  )
}

function isFull(state: SwarmState): boolean {
  return state.inFlightBytes >= state.policy.inFlightBytesMax
}

function rateOf(state: SwarmState, source: Source, nowMs: number): number {
  const pace = source === ORIGIN ? state.originPace : state.neighbours.get(source)?.pace
  return pace === undefined ? 0 : currentRate(pace, nowMs)
}
