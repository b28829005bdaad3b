/** How long the devices of a ring are waited for. */
import { nextOpeningMs } from '@shoal/release'
import type { Rollout } from './rollout.ts'

type Waiting = Pick<Rollout, 'openedAtMs' | 'spreadSeconds' | 'windows' | 'download' | 'gate' | 'sinceMs'>

/**
 * When a device of a ring that told nothing is silent although it is heard of: its own moment within the spread, and the window where it
 * may not begin before one opens, have passed so long ago. Infinity while the ring is closed.
 */
export function silentFromMs({ openedAtMs, spreadSeconds, windows, download, gate }: Waiting, ring: number): number {
  const opened = openedAtMs[ring]
  if (opened === undefined) return Infinity
  const allBegunMs = opened + spreadSeconds * 1000
  const mayBeginMs = download === 'in-window' ? nextOpeningMs(windows, allBegunMs) : allBegunMs
  return (mayBeginMs ?? Infinity) + gate.silentAfterSeconds * 1000
}

/** When a ring of which nobody tells anything is given up; a rollout that was resumed waits as long again. */
export function givenUpAtMs(rollout: Waiting, ring: number): number {
  return Math.max(silentFromMs(rollout, ring), rollout.sinceMs + rollout.gate.silentAfterSeconds * 1000)
}
