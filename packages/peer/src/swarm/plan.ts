/**
 * What to ask of whom next. The rules, in the order in which they apply to a missing span:
 *
 * 1. A neighbour of this site has it and has room: ask it, rarest first.
 * 2. Nobody of this site has it or fetches it, and this peer owns it: ask a remote neighbour that has it, else the origin.
 * 3. Another peer fetches or owns it: wait, unless that makes no progress; then the next in rendezvous order takes it.
 *    Who has come far behind its site owns nothing.
 * 4. While neighbours are slower than the quality-of-service floor, the origin helps with spans that they hold; who owns
 *    one among the peers that lack it asks.
 * 5. At the very end, what a slow source still owes is asked of a faster one as well (endgame.ts).
 */
import { abandon } from './abandon.ts'
import { hasBit } from './bitmap.ts'
import { claimants, lagsBehind, rivals, spansFetched } from './claims.ts'
import { runEndgame } from './endgame.ts'
import { ORIGIN, type Decision, type Reason, type Waiting } from './events.ts'
import { owns, weigh, type Claimant } from './ownership.ts'
import { currentRate } from './pace.ts'
import { hasRoom, isFull, isOnTrial, isUsable, request } from './sources.ts'
import { FLOOR_AFTER_MS, MISSING, type Neighbour, type SwarmState } from './state.ts'
import { isGentle, originRoomBytes, remoteRoomBytes } from './uplink-room.ts'

/** Rarest of this many; a bound on the work for one choice. */
const CANDIDATES_MAX = 64
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
      if (!isOnTrial(each)) return true
  return false
}

function remoteHasRoom(state: SwarmState, nowMs: number): boolean {
  if (remoteRoomBytes(state, nowMs) <= 0) return false
  return [...state.neighbours.values()].some(
    (each) => !each.local && each.offers > 0 && isUsable(state, each, nowMs) && hasRoom(state, each),
  )
}
