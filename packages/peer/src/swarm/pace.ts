/** How fast a source delivers, and how much may therefore be asked of it at once. */

const HALF_LIFE_MS = 2_000

export interface Pace {
  /** Bytes a second, smoothed exponentially with a half-life of two seconds. */
  rate: number
  sinceMs: number
  bytes: number
}

export function startPace(nowMs: number): Pace {
  return { rate: 0, sinceMs: nowMs, bytes: 0 }
}

export function recordBytes(pace: Pace, bytes: number, nowMs: number): void {
  pace.bytes += bytes
  const elapsedMs = nowMs - pace.sinceMs
  if (elapsedMs < 100) return
  const weight = 0.5 ** (elapsedMs / HALF_LIFE_MS)
  const sample = (pace.bytes * 1000) / elapsedMs
  pace.rate = pace.rate === 0 ? sample : pace.rate * weight + sample * (1 - weight)
  pace.sinceMs = nowMs
  pace.bytes = 0
}

/** Requests in flight cover this much time of the measured rate, between two bounds. */
export interface Window {
  timeMs: number
  floorBytes: number
  ceilingBytes: number
}

export function windowBytes({ rate }: Pick<Pace, 'rate'>, { timeMs, floorBytes, ceilingBytes }: Window): number {
  return Math.min(ceilingBytes, Math.max(floorBytes, (rate * timeMs) / 1000))
}

/** The rate as it stands after what may have been a silence. */
export function currentRate(pace: Pace, nowMs: number): number {
  const silentMs = nowMs - pace.sinceMs
  return silentMs < 500 ? pace.rate : pace.rate * 0.5 ** (silentMs / HALF_LIFE_MS)
}
