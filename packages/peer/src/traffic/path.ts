/**
 * How long the way to others takes, and how much of that is waiting: the queue in front of the narrowest link, which is most
 * often that of this site. Pure; the caller brings the clock.
 */

/** The least that was ever measured is what the way takes when it is empty; a route that got longer is believed after so long. */
const BASE_MINUTES = 10
const MINUTE_MS = 60_000
/** The least of so long is what it takes now: one late answer says nothing. */
const CURRENT_MS = 600
const SAMPLES_MAX = 64
/** Ways that are looked at, the most recently used ones. */
const WAYS_MAX = 16

interface Way {
  /** Least of each minute, newest first. */
  base: { minute: number; ms: number }[]
  current: { atMs: number; ms: number }[]
}

export interface Path {
  ways: Map<string, Way>
}

export function startPath(): Path {
  return { ways: new Map() }
}

/** @param to whom it was measured to: each way has a length of its own */
export function recordRoundTrip({ ways }: Path, to: string, ms: number, nowMs: number): void {
  const way = ways.get(to) ?? { base: [], current: [] }
  ways.delete(to)
  ways.set(to, way)
  for (const oldest of ways.keys()) {
    if (ways.size <= WAYS_MAX) break
    ways.delete(oldest)
  }
  const minute = Math.floor(nowMs / MINUTE_MS)
  const [newest] = way.base
  if (newest?.minute === minute) newest.ms = Math.min(newest.ms, ms)
  else way.base.unshift({ minute, ms })
  way.base = way.base.filter((each) => minute - each.minute < BASE_MINUTES)
  way.current.push({ atMs: nowMs, ms })
  if (way.current.length > SAMPLES_MAX) way.current.shift()
}

/**
 * How much longer it takes now than when the way is empty. Where several ways are measured, the least: what they have in common is
 * the link of this site, and each peer minds its own. Undefined when nothing was measured lately.
 */
export function addedMs({ ways }: Path, nowMs: number): number | undefined {
  let least: number | undefined
  for (const way of ways.values()) {
    const current = leastOf(way.current.filter(({ atMs }) => nowMs - atMs <= CURRENT_MS))
    if (current === undefined) continue
    const added = Math.max(0, current - (leastOf(way.base) ?? current))
    least = Math.min(least ?? Infinity, added)
  }
  return least
}

function leastOf(samples: readonly { ms: number }[]): number | undefined {
  return samples.length === 0 ? undefined : Math.min(...samples.map(({ ms }) => ms))
}
