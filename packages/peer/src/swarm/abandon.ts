/** Requests that are given up: somebody else was quicker, or their source delivers nothing, or next to nothing. */
import { dropRequest } from './apply.ts'
import { ORIGIN, type Decision } from './events.ts'
import { isEnding } from './endgame.ts'
import { fastestHolder } from './sources.ts'
import { HELD, type Request, type SwarmState } from './state.ts'
import { originAllowed } from './uplink-room.ts'

const SNUB_MS = 30_000
/** Bytes a second. */
const RATE_MIN = 16_000
const SILENT_FAR_MS = 2_000

export function abandon(state: SwarmState, nowMs: number, decisions: Decision[]): void {
  for (const requests of [...state.requests.values()]) {
    for (const request of requests) {
      if (state.status[request.span] === HELD) {
        dropRequest(state, request, HELD)
        decisions.push({ type: 'cancel', from: request.from, span: request.span, cause: 'lost-race' })
      } else if (request.from !== ORIGIN && isGivenUp(state, request, nowMs)) {
        // The origin's client has timeouts of its own and reports what failed.
        dropRequest(state, request)
        const neighbour = state.neighbours.get(request.from)
        if (neighbour !== undefined) neighbour.snubbedUntilMs = nowMs + SNUB_MS
        decisions.push({ type: 'cancel', from: request.from, span: request.span, cause: 'stalled' })
      }
    }
  }
}

function isGivenUp(state: SwarmState, request: Request, nowMs: number): boolean {
  // A neighbour answers its requests in order: one that delivers any of them is not stalled on the others.
  const lastSignMs = Math.max(request.progressMs, state.neighbours.get(request.from)?.pace.sinceMs ?? 0)
  const silentMs = nowMs - lastSignMs
  if (silentMs > state.policy.stallMs) return true
  return (crawls(state, request, nowMs) || holdsUpAll(state, request, silentMs)) && hasOther(state, request, nowMs)
}

/** A source that feeds just enough to look alive is left where there is another: slow retrieval is an attack, too. */
function crawls(state: SwarmState, request: Request, nowMs: number): boolean {
  const rate = state.neighbours.get(request.from)?.pace.rate ?? 0
  return nowMs - request.startedMs > state.policy.stallMs && rate < RATE_MIN
}

/** At the very end a whole site waits for what a far neighbour owes: lost packets are not waited for until they time out. */
function holdsUpAll(state: SwarmState, { from }: Request, silentMs: number): boolean {
  const isFar = state.neighbours.get(from)?.local === false
  return isFar && isEnding(state) && silentMs > SILENT_FAR_MS
}

function hasOther(state: SwarmState, request: Request, nowMs: number): boolean {
  return originAllowed(state, nowMs) || fastestHolder(state, request, nowMs, true) !== undefined
}
