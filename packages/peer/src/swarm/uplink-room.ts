/** Whether the origin and other sites may be asked, and for how much. The peers of a site share its uplink, and so they share this. */
import { claimants } from './claims.ts'
import { ORIGIN } from './events.ts'
import { windowBytes } from './pace.ts'
import { ORIGIN_WINDOW, REMOTE_WINDOW, type SwarmState } from './state.ts'

/** As many as one peer alone uses. */
const SITE_CONNECTIONS = 6

/** The origin is refilled by halves, so that neighbouring spans are asked for together and become one large range. */
export function originRoomBytes(state: SwarmState, nowMs: number): number {
  if (!originAllowed(state, nowMs)) return 0
  const windowBytes = originWindow(state, nowMs)
  const owedBytes = originOwes(state)
  return owedBytes <= windowBytes / 2 ? windowBytes - owedBytes : 0
}

/** Of all remote neighbours together. */
export function remoteRoomBytes(state: SwarmState, nowMs: number): number {
  let owedBytes = 0
  let rate = 0
  for (const { local, inFlightBytes, pace } of state.neighbours.values()) {
    if (local) continue
    owedBytes += inFlightBytes
    rate += pace.rate
  }
  if (isGentle(state, nowMs)) return owedBytes + originOwes(state) > 0 ? 0 : 1
  return windowBytes({ rate }, { ...REMOTE_WINDOW, floorBytes: sharedFloor(state, nowMs) }) - owedBytes
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
  const floorBytes = sharedFloor(state, nowMs)
  return Math.min(windowBytes(state.originPace, { ...ORIGIN_WINDOW, floorBytes }), state.inFlightMax.origin)
}

/**
 * How many connections to the origin this peer may use of those that its site has. Each of many flows through one uplink gets so little
 * of the queue before it that TCP knows of a loss by a time-out alone: some stand still for seconds, in the end for everybody.
 */
export function originConnections(state: SwarmState, nowMs: number): number {
  return Math.max(1, Math.floor(SITE_CONNECTIONS / (1 + fetchingBeside(state, nowMs))))
}

function sharedFloor(state: SwarmState, nowMs: number): number {
  return ORIGIN_WINDOW.floorBytes / (1 + fetchingBeside(state, nowMs))
}

function fetchingBeside(state: SwarmState, nowMs: number): number {
  return claimants(state, nowMs).filter((each) => each.fetching.size > 0).length
}

/** What it was asked for and has not sent. */
function originOwes(state: SwarmState): number {
  let bytes = 0
  for (const requests of state.requests.values())
    for (const request of requests) if (request.from === ORIGIN) bytes += request.bytes - request.receivedBytes
  return bytes
}
