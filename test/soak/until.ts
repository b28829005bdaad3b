import { setTimeout as pause } from 'node:timers/promises'

const LOOK_EVERY_MS = 50

/** @throws when the signal aborts first */
export async function until(holds: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await holds())) await pause(LOOK_EVERY_MS, undefined, { signal })
}
