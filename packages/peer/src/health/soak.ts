/** The time in which a release that was activated must stay healthy. */
import { LIMITS } from '../limits.ts'
import type { CommandOutcome } from './command.ts'

export interface SoakOptions {
  /** Absent: whoever still runs at the end is healthy. */
  check: (() => Promise<CommandOutcome>) | undefined
  /** On the clock of `now`, which never goes back. */
  untilMs: number
  /** A release that is not found healthy by then is not. */
  deadlineMs: number
  intervalMs: number
  failuresMax: number
  now: () => number
  /** Returns after the time, or when the signal aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<unknown>
  signal: AbortSignal
}

/** `stopped`: the signal aborted before it was decided. */
export type SoakOutcome =
  { end: 'healthy' } | { end: 'stopped' } | { end: 'failed'; code: 'HEALTH_CHECK' | 'TIMEOUT'; message: string }

/** The last check counts: it must have succeeded at the end, however much of the soak went by while the peer was down. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const { check, untilMs, deadlineMs, intervalMs, failuresMax, now, wait, signal } = options
  let failures = 0
  while (!isAborted(signal)) {
    const outcome = check === undefined ? { ok: true as const } : await check()
    if (isAborted(signal)) break
    failures = outcome.ok ? 0 : failures + 1
    const atMs = now()
    if (!outcome.ok && failures >= failuresMax) return { end: 'failed', code: 'HEALTH_CHECK', message: outcome.message }
    if (outcome.ok && atMs >= untilMs) return { end: 'healthy' }
    if (atMs >= deadlineMs) {
      return { end: 'failed', code: 'TIMEOUT', message: outcome.ok ? 'the soak did not end in time' : outcome.message }
    }
    // To the very end of the soak, but no busier than the interval where the last check failed.
    const soakLeftMs = untilMs - atMs
    const nextMs = outcome.ok && (check === undefined || soakLeftMs < intervalMs) ? soakLeftMs : intervalMs
    await wait(Math.min(nextMs, deadlineMs - atMs, LIMITS.waitMaxMs), signal)
  }
  return { end: 'stopped' }
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
