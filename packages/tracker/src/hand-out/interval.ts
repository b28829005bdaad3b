import { LIMITS } from '../limits.ts'

/** When a peer should announce again: spread by chance, and later the more peers there are. */
export function announceIntervalMs(peers: number, baseMs: number, random: () => number): number {
  const busyMs = (peers / LIMITS.announcesPerSecondWanted) * 1_000
  return Math.round(Math.min(LIMITS.intervalMaxMs, Math.max(baseMs, busyMs)) * (0.8 + random() * 0.4))
}
