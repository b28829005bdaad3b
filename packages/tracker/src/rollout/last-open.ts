import { nextOpeningMs, type InstallWindow } from '@shoal/release'

/** No week is longer, and windows come back every week. */
const WEEK_MS = 8 * 86_400_000

/** The last moment up to the given one at which one of the windows was open; -Infinity when none was for a week. */
export function lastOpenMs(windows: readonly InstallWindow[], untilMs: number): number {
  const opensBy = (fromMs: number): boolean => (nextOpeningMs(windows, fromMs) ?? Infinity) <= untilMs
  if (opensBy(untilMs)) return untilMs
  let [open, closed] = [untilMs - WEEK_MS, untilMs]
  if (!opensBy(open)) return -Infinity
  // From `open` on one opens in time, from `closed` on none does: halved until they meet.
  while (closed - open > 1) {
    const between = Math.floor((open + closed) / 2)
    if (opensBy(between)) open = between
    else closed = between
  }
  return open
}
