import { createAlarm, type Alarm } from '../alarm.ts'
import { backoffMs } from './pacing.ts'

interface RepeatOptions {
  signal: AbortSignal
  random: () => number
  retry: { minMs: number; maxMs: number }
  /** Rung, the next time comes at once and earlier failures are forgotten. */
  alarm?: Alarm
  onFailure(error: unknown, failures: number): void
}

/**
 * Calls `once` until the signal aborts, never twice at the same time. It returns after how many milliseconds it wants to
 * be called again, or undefined when it led to nothing; that, and an error, is repeated with growing pauses.
 */
export async function repeat(once: () => Promise<number | undefined>, options: RepeatOptions): Promise<void> {
  const { signal, random, retry } = options
  const alarm = options.alarm ?? createAlarm()
  let failures = 0
  while (!signal.aborted) {
    let pauseMs: number | undefined
    try {
      pauseMs = await once()
    } catch (error) {
      // `once` may fail just because it was told to stop.
      if (!options.signal.aborted) options.onFailure(error, failures + 1)
    }
    failures = pauseMs === undefined ? failures + 1 : 0
    if (await alarm.wait(pauseMs ?? backoffMs(failures, retry, random), signal)) failures = 0
  }
}
