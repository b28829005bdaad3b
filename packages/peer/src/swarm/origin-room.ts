/** Whether the origin may be asked, and for how much. The peers of a site share its uplink, and so they share this. */
import { claimants } from './claims.ts'
import { ORIGIN } from './events.ts'
import { windowBytes } from './pace.ts'
import { ORIGIN_WINDOW, type SwarmState } from './state.ts'

/** The origin is refilled by halves, so that neighbouring spans are asked for together and become one large range. */
export function originRoomBytes(state: SwarmState, nowMs: number): number {
  if (!originAllowed(state, nowMs)) return 0
  const windowBytes = originWindow(state, nowMs)
  const owedBytes = originOwes(state)
  return owedBytes <= windowBytes / 2 ? windowBytes - owedBytes : 0
}

export function originAllowed(state: SwarmState, nowMs: number): boolean {
  const { origin, originFromMs } = state.policy
  const isAllowed = origin && state.inFlightMax.origin > 0 && state.originOpen
  return isAllowed && nowMs >= originFromMs && nowMs >= state.originSnubbedUntilMs
}

/** Whether others may have begun in the same moment, unknown to this peer. */
export function isGentle(state: SwarmState, nowMs: number): boolean {
  return nowMs < state.policy.gentleUntilMs
}

/** One span at a time in the beginning; in the end the last that still fetch have the uplink to themselves. */
function originWindow(state: SwarmState, nowMs: number): number {
  if (isGentle(state, nowMs)) return 1
  const fetching = claimants(state, nowMs).filter((each) => each.fetching.size > 0)
  const floorBytes = ORIGIN_WINDOW.floorBytes / (1 + fetching.length)
  return Math.min(windowBytes(state.originPace, { ...ORIGIN_WINDOW, floorBytes }), state.inFlightMax.origin)
}

/** What it was asked for and has not sent. */
function originOwes(state: SwarmState): number {
  let bytes = 0
  for (const requests of state.requests.values())
    for (const request of requests) if (request.from === ORIGIN) bytes += request.bytes - request.receivedBytes
  return bytes
}
