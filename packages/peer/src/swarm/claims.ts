/** Who of the site competes for what nobody of it has, and what of it is on its way already. */
import { hasBit } from './bitmap.ts'
import { ORIGIN } from './events.ts'
import { FETCHING_MAX, type Neighbour, type SwarmState } from './state.ts'

/** The peers of this site that need the release and make progress. */
export function claimants(state: SwarmState, nowMs: number): Neighbour[] {
  const patienceMs = patienceFor(state, nowMs)
  return rivals(state).filter((each) => nowMs - each.progressMs <= patienceMs)
}

/** All of this site that need the release. */
export function rivals(state: SwarmState): Neighbour[] {
  return [...state.neighbours.values()].filter((each) => each.local && each.hasCount < state.spanCount)
}

/** What others of the site say they fetch: it is asked for once, whoever came to own it since. */
export function spansFetched(state: SwarmState, nowMs: number): Set<number> {
  const patienceMs = patienceFor(state, nowMs)
  const fetched = new Set<number>()
  for (const { local, progressMs, fetching } of state.neighbours.values()) {
    if (!local) continue
    for (const [span, sinceMs] of fetching) if (nowMs - Math.max(sinceMs, progressMs) <= patienceMs) fetched.add(span)
  }
  return fetched
}

/** Takes note of what a neighbour says it fetches; to say it again changes nothing, and only so much is believed at a time. */
export function claim({ fetching, has }: Neighbour, span: number, began: boolean, nowMs: number): void {
  if (!began) fetching.delete(span)
  else if (fetching.size < FETCHING_MAX && !fetching.has(span) && !hasBit(has, span)) fetching.set(span, nowMs)
}

/** Where the origin is slow to this peer, it is slow to all peers of the site, and they are no slower than they can be. */
function patienceFor(state: SwarmState, nowMs: number): number {
  let slowestMs = state.originSpanMs
  for (const requests of state.requests.values())
    for (const { from, startedMs } of requests) if (from === ORIGIN) slowestMs = Math.max(slowestMs, nowMs - startedMs)
  return Math.max(state.policy.hedgeMs, 2 * slowestMs)
}
