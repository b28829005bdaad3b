/** Who of the site competes for what nobody of it has, and what of it is on its way already. */
import { hasBit } from './bitmap.ts'
import { ORIGIN } from './events.ts'
import { FETCHING_MAX, type Neighbour, type SwarmState } from './state.ts'

/** So many spans behind the foremost of the site, a peer has enough to fetch from its neighbours. */
export const LAG_SPANS_MAX = 16

/** The peers of this site that need the release, make progress, and keep up with the others. */
export function claimants(state: SwarmState, nowMs: number): Neighbour[] {
  const active = atWork(state, nowMs)
  const foremost = mostHeld(state, active)
  return active.filter((each) => foremost - each.hasCount <= LAG_SPANS_MAX)
}

/**
 * Whether this peer has come so far behind its site that it is to fetch nothing for it: everybody would wait for its wire,
 * which has more than enough to do with what the others have already. They all see the same of it, without being told.
 */
export function lagsBehind(state: SwarmState, nowMs: number): boolean {
  return mostHeld(state, atWork(state, nowMs)) - countHeld(state) > LAG_SPANS_MAX
}

/** All of this site that need the release. */
export function rivals(state: SwarmState): Neighbour[] {
  return [...state.neighbours.values()].filter((each) => each.local && each.hasCount < state.spanCount)
}

/**
 * What others of the site say they fetch: it is asked for once, whoever came to own it since. One that lags behind is waited
 * for no longer than for one that stands still.
 */
export function spansFetched(state: SwarmState, nowMs: number): Set<number> {
  const patienceMs = patienceFor(state, nowMs)
  const foremost = mostHeld(state, atWork(state, nowMs))
  const fetched = new Set<number>()
  for (const { local, hasCount, progressMs, fetching } of state.neighbours.values()) {
    if (!local) continue
    const signMs = foremost - hasCount > LAG_SPANS_MAX ? 0 : progressMs
    for (const [span, sinceMs] of fetching) if (nowMs - Math.max(sinceMs, signMs) <= patienceMs) fetched.add(span)
  }
  return fetched
}

/** Takes note of what a neighbour says it fetches; to say it again changes nothing, and only so much is believed at a time. */
export function claim({ fetching, has }: Neighbour, span: number, began: boolean, nowMs: number): void {
  if (!began) fetching.delete(span)
  else if (fetching.size < FETCHING_MAX && !fetching.has(span) && !hasBit(has, span)) fetching.set(span, nowMs)
}

function atWork(state: SwarmState, nowMs: number): Neighbour[] {
  const patienceMs = patienceFor(state, nowMs)
  return rivals(state).filter((each) => nowMs - each.progressMs <= patienceMs)
}

function mostHeld(state: SwarmState, active: readonly Neighbour[]): number {
  return active.reduce((most, { hasCount }) => Math.max(most, hasCount), countHeld(state))
}

function countHeld(state: SwarmState): number {
  return state.spanCount - state.missing.length - state.requests.size
}

/** Where the origin is slow to this peer, it is slow to all peers of the site, and they are no slower than they can be. */
function patienceFor(state: SwarmState, nowMs: number): number {
  let slowestMs = state.originSpanMs
  for (const requests of state.requests.values())
    for (const { from, startedMs } of requests) if (from === ORIGIN) slowestMs = Math.max(slowestMs, nowMs - startedMs)
  return Math.max(state.policy.hedgeMs, 2 * slowestMs)
}
