/**
 * The very end: what a slow source still owes is asked of a faster one as well, and an origin that fell silent is asked anew,
 * because the last packets of a transfer have none behind them that would tell of their loss.
 */
import { ORIGIN, type Decision } from './events.ts'
import { fastestHolder, isFull, rateOf, request } from './sources.ts'
import type { SwarmState } from './state.ts'
import { originRoomBytes } from './uplink-room.ts'

const ENDGAME_SPANS_MAX = 4
const ENDGAME_AFTER_MS = 1_000
/** What would still take longer than this is asked for beyond the site as well, where a second copy costs everybody. */
const ENDGAME_BEYOND_MS = 10_000
/** A silence of the origin that tells of lost packets rather than of a busy line: without a first byte, and after one. */
const UNANSWERED_MS = 1_200
const SILENT_MS = 500
const RENEWALS_MAX = 4

/** Whether little is under way, and little of what the others of the site fetch has not come. */
export function isEnding({ requests, missing }: SwarmState): boolean {
  return requests.size <= ENDGAME_SPANS_MAX && missing.length <= ENDGAME_SPANS_MAX
}

export function runEndgame(state: SwarmState, nowMs: number, decisions: Decision[]): void {
  if (!isEnding(state)) return
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

/** A few times, when nothing comes of what is left. */
function renewOrigin(state: SwarmState, nowMs: number, decisions: Decision[]): void {
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
