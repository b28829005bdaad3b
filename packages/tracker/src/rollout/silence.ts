/** How long the devices of a ring are waited for. A rollout that was resumed gives everybody the whole time again. */
import { nextOpeningMs } from '@shoal/release'
import type { Rollout } from './rollout.ts'

type Waiting = Pick<Rollout, 'openedAtMs' | 'spreadSeconds' | 'windows' | 'download' | 'gate' | 'sinceMs'>

/**
 * When a device of a ring that told nothing is silent although it is heard of: its own moment within the spread, and the window where it
 * may not begin before one opens, have passed so long ago. A ring of which nobody tells anything is given up then. Infinity while the ring is closed.
 */
export function silentFromMs(
  { openedAtMs, spreadSeconds, windows, download, gate, sinceMs }: Waiting,
  ring: number,
): number {
  const opened = openedAtMs[ring]
  if (opened === undefined) return Infinity
  const allCalledMs = Math.max(opened + spreadSeconds * 1000, sinceMs)
  const mayBeginMs = download === 'in-window' ? nextOpeningMs(windows, allCalledMs) : allCalledMs
  return (mayBeginMs ?? Infinity) + gate.silentAfterSeconds * 1000
}

/** Who told a step last by this moment, and owes another one, is late; 0 while nobody can be. */
export function lateByMs(
  { timeoutSeconds, sinceMs }: Pick<Rollout, 'timeoutSeconds' | 'sinceMs'>,
  nowMs: number,
): number {
  const byMs = nowMs - timeoutSeconds * 1000
  return byMs < sinceMs ? 0 : byMs
}
