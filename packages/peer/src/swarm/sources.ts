/** The sources of a span: which of them can be asked, for how much, and to ask one. */
import { addRequest } from './apply.ts'
import { hasBit } from './bitmap.ts'
import { ORIGIN, type Decision, type Reason, type Source } from './events.ts'
import { currentRate, windowBytes } from './pace.ts'
import { LOCAL_WINDOW, REMOTE_WINDOW, type Neighbour, type Request, type SwarmState } from './state.ts'

export function request(
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

export function isUsable(state: SwarmState, { local, snubbedUntilMs }: Neighbour, nowMs: number): boolean {
  return nowMs >= snubbedUntilMs && (local ? state.inFlightMax.lan : state.inFlightMax.wan) > 0
}

/** A far neighbour shows with one span that it is worth the uplink before it is asked for more. */
export function isOnTrial({ local, proven, inFlightBytes }: Neighbour): boolean {
  return !local && !proven && inFlightBytes > 0
}

export function hasRoom(state: SwarmState, neighbour: Neighbour): boolean {
  if (isOnTrial(neighbour)) return false
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

export function isFull(state: SwarmState): boolean {
  return state.inFlightBytes >= state.policy.inFlightBytesMax
}

export function fastestHolder(
  state: SwarmState,
  slow: Request,
  nowMs: number,
  fromAnywhere: boolean,
): Neighbour | undefined {
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

export function rateOf(state: SwarmState, source: Source, nowMs: number): number {
  const pace = source === ORIGIN ? state.originPace : state.neighbours.get(source)?.pace
  return pace === undefined ? 0 : currentRate(pace, nowMs)
}
