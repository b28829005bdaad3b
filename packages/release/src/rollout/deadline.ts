/** When a device that takes part in a rollout, and tells nothing more, counts as failed. */
import type { RolloutTerms } from './policy.ts'
import { nextOpeningMs } from './window.ts'

/** States in which a device owes another report. */
export type OwingState = 'began' | 'downloaded' | 'activated'

/**
 * Of a device that told a state at a time, by its own clock. What is downloaded waits for a window; there the time runs from its
 * opening. Infinity when no window ever opens.
 */
export function deadlineMs(
  { windows, timeoutSeconds }: Pick<RolloutTerms, 'windows' | 'timeoutSeconds'>,
  state: OwingState,
  toldAtMs: number,
): number {
  const fromMs = state === 'downloaded' ? (nextOpeningMs(windows, toldAtMs) ?? Infinity) : toldAtMs
  return fromMs + timeoutSeconds * 1000
}
