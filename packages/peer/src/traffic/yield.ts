/**
 * The rate of traffic that makes room for everything else: it grows while the way is empty and shrinks as soon as packets begin to
 * wait on it, long before they are lost (in the spirit of LEDBAT, RFC 6817). Pure.
 */
import { LIMITS } from '../limits.ts'

const { targetMs, floorBytesPerSecond, startBytesPerSecond, quietMs, rateMaxBytesPerSecond } = LIMITS.background
/** Of the rate, in a second: far from the end of what there is, and near it. */
const GROWTH_FAR = 1
const GROWTH_NEAR = 0.1
const NEAR_SHARE = 0.8
const GROWTH_MS_MAX = 2_000
/** What is taken away at most, and how long until that shows on the way. */
const CUT_MAX = 0.5
const CUT_EVERY_MS = 700
/** A rate that is not used says nothing about the way, and does not grow. */
const USED_SHARE = 0.7

export interface Yielding {
  /** Bytes a second. */
  rate: number
  /** What was moved of late, bytes a second. */
  usedRate: number
  /** What was moved when growing became too much; Infinity while that is not known, or was long ago. */
  endRate: number
  grewSinceCut: boolean
  cutMs: number
  /** Since when there was not too much of a wait. */
  quietSinceMs: number
  /** When it was last known how long the wait is. */
  knownMs: number
}

export function startYielding(nowMs: number): Yielding {
  return {
    rate: startBytesPerSecond,
    usedRate: startBytesPerSecond,
    endRate: Infinity,
    grewSinceCut: true,
    cutMs: -Infinity,
    quietSinceMs: nowMs,
    knownMs: nowMs,
  }
}

export interface Seen {
  /** Wait on the way that is not there when it is empty; undefined when unknown, and then the rate stays. */
  addedMs: number | undefined
  /** What was moved since the last decision, which was so long ago. */
  movedBytes: number
  elapsedMs: number
}

export function decideRate(state: Yielding, { addedMs, movedBytes, elapsedMs }: Seen, nowMs: number): void {
  state.usedRate = (state.usedRate + (movedBytes * 1000) / Math.max(1, elapsedMs)) / 2
  if (addedMs === undefined) return
  if (addedMs > targetMs) cut(state, (addedMs - targetMs) / targetMs, nowMs)
  else grow(state, 1 - addedMs / targetMs, nowMs)
  state.knownMs = nowMs
}

function cut(state: Yielding, excess: number, nowMs: number): void {
  state.quietSinceMs = nowMs
  if (nowMs - state.cutMs < CUT_EVERY_MS) return
  const inUse = Math.min(state.rate, state.usedRate / USED_SHARE)
  // What follows another cut clears the queue that was there already.
  if (state.grewSinceCut) state.endRate = Math.min(state.rate, state.usedRate)
  state.grewSinceCut = false
  state.cutMs = nowMs
  state.rate = Math.max(floorBytesPerSecond, inUse * (1 - CUT_MAX * Math.min(1, excess)))
}

function grow(state: Yielding, room: number, nowMs: number): void {
  if (nowMs - state.quietSinceMs > quietMs) state.endRate = Infinity
  if (state.usedRate < state.rate * USED_SHARE) return
  const growth = state.rate < state.endRate * NEAR_SHARE ? GROWTH_FAR : GROWTH_NEAR
  // At a small rate there is little to measure by: what was not known between is made up for.
  const elapsedMs = Math.min(GROWTH_MS_MAX, nowMs - state.knownMs)
  state.grewSinceCut = true
  state.rate = Math.min(rateMaxBytesPerSecond, state.rate * (1 + (growth * room * elapsedMs) / 1000))
}
