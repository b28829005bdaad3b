/** Mulberry32: the same seed, the same numbers. Uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Moves `count` of the items, chosen at random, to the front of a copy, and returns them. */
export function sample<T>(items: readonly T[], count: number, random: () => number): T[] {
  const rest = [...items]
  const chosen = Math.min(count, rest.length)
  for (let i = 0; i < chosen; i++) {
    const j = i + Math.floor(random() * (rest.length - i))
    ;[rest[i], rest[j]] = [rest[j] as T, rest[i] as T]
  }
  return rest.slice(0, chosen)
}
