/** A token bucket for each key; how many are remembered is bounded by forgetting those that are full again. */
export interface RateLimit {
  /** 0 if allowed, else in how many milliseconds it will be. */
  take(key: string): number
  /** Undoes one `take` that was allowed. */
  giveBack(key: string): void
  forgetIdle(): void
}

/** Closer than this, moments are the same: a double that holds the time since 1970 tells no more apart. */
const ROUNDING_MS = 0.001

export function createRateLimit(
  config: { burst: number; refillMs: number; keysMax: number },
  now: () => number,
): RateLimit {
  /** Key → the moment at which its bucket will be full. */
  const fullAt = new Map<string, number>()
  const spanMs = config.burst * config.refillMs
  return {
    take(key) {
      const atMs = now()
      // From the clock only what is between two of its moments: large numbers with fractions do not add up exactly.
      const emptyMs = Math.max(0, (fullAt.get(key) ?? 0) - atMs) + config.refillMs
      if (emptyMs > spanMs + ROUNDING_MS) return emptyMs - spanMs
      if (!fullAt.has(key) && fullAt.size >= config.keysMax) return config.refillMs
      fullAt.set(key, atMs + emptyMs)
      return 0
    },
    giveBack(key) {
      const fullMs = fullAt.get(key)
      if (fullMs !== undefined) fullAt.set(key, fullMs - config.refillMs)
    },
    forgetIdle() {
      const atMs = now()
      for (const [key, fullMs] of fullAt) if (fullMs <= atMs) fullAt.delete(key)
    },
  }
}
