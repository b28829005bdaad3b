/** A token bucket for each key; how many are remembered is bounded by forgetting those that are full again. */
export interface RateLimit {
  /** 0 if allowed, else in how many milliseconds it will be. */
  take(key: string): number
  /** Undoes one `take` that was allowed. */
  giveBack(key: string): void
  forgetIdle(): void
}

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
      const nextFullMs = Math.max(fullAt.get(key) ?? 0, atMs) + config.refillMs
      if (nextFullMs - atMs > spanMs) return nextFullMs - atMs - spanMs
      if (!fullAt.has(key) && fullAt.size >= config.keysMax) return config.refillMs
      fullAt.set(key, nextFullMs)
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
