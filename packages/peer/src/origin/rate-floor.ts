export interface RateFloor {
  /** Counts bytes that came after `waitedMs`; false once a whole window brought too few. */
  add(waitedMs: number, bytes: number): boolean
}

/**
 * A body that drips keeps every progress timeout happy and still never ends. Only time spent waiting for the wire counts,
 * so that a caller who writes slowly does not condemn the origin.
 */
export function createRateFloor(windowMs: number, minBytesPerSecond: number): RateFloor {
  let waited = 0
  let received = 0
  return {
    add(waitedMs, bytes) {
      waited += waitedMs
      received += bytes
      if (waited < windowMs) return true
      const enough = received * 1000 >= minBytesPerSecond * waited
      waited = 0
      received = 0
      return enough
    },
  }
}
