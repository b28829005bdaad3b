// When to try again. Everybody restarts at the same moment after an outage, so no two waits are alike.

/** Doubles with each failure up to a limit; a random value in the upper half of that. `failures` counts from 1. */
export function backoffMs(failures: number, range: { minMs: number; maxMs: number }, random: () => number): number {
  const ceiling = Math.min(range.maxMs, range.minMs * 2 ** Math.min(failures - 1, 30))
  return ceiling * (0.5 + random() / 2)
}

/** Spreads an interval over three quarters to five quarters of it. */
export function jitteredMs(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2)
}
