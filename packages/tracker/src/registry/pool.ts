/** Keyed values of which some can be drawn at random without looking at all of them. */
export interface Pool<T> {
  readonly size: number
  set(key: string, value: T): void
  delete(key: string): boolean
  values(): readonly T[]
  draw(random: () => number): T | undefined
}

export function createPool<T>(): Pool<T> {
  const keys: string[] = []
  const values: T[] = []
  const places = new Map<string, number>()
  return {
    get size() {
      return values.length
    },
    set(key, value) {
      const place = places.get(key) ?? values.length
      places.set(key, place)
      keys[place] = key
      values[place] = value
    },
    delete(key) {
      const place = places.get(key)
      if (place === undefined) return false
      places.delete(key)
      const lastKey = keys.pop()
      const lastValue = values.pop()
      // The last takes the place of the one that goes, unless it is that one.
      if (lastKey !== undefined && lastValue !== undefined && lastKey !== key) {
        keys[place] = lastKey
        values[place] = lastValue
        places.set(lastKey, place)
      }
      return true
    },
    values: () => values,
    draw: (random) => values[Math.floor(random() * values.length)],
  }
}
