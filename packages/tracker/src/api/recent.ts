/**
 * What costs a look at every device is looked at once a second at most, however many ask. Who asks while it is looked at again gets what
 * was seen last, unless that is old.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { LIMITS } from '../limits.ts'

export interface Recent<Value> {
  get(key: string, read: () => Promise<Value>): Promise<Value>
}

interface Seen<Value> {
  atMs: number
  value: Value
}

/**
 * @param now milliseconds
 * @param later does what nobody waits for, once those who wait have what they asked for
 */
export function createRecent<Value>(now: () => number, later = afterOthers): Recent<Value> {
  const seen = new Map<string, Seen<Value>>()
  const looking = new Map<string, Promise<Value>>()

  async function look(key: string, read: () => Promise<Value>): Promise<Value> {
    try {
      const atMs = now()
      const value = await read()
      seen.delete(key)
      seen.set(key, { atMs, value })
      // The one that was looked at longest ago goes.
      for (const [oldest] of seen) if (seen.size > LIMITS.recentKeysMax) seen.delete(oldest)
      return value
    } finally {
      looking.delete(key)
    }
  }

  return {
    get(key, read) {
      const last = seen.get(key)
      const ageMs = last === undefined ? Infinity : Math.abs(now() - last.atMs)
      if (last !== undefined && ageMs < LIMITS.recentFreshMs) return Promise.resolve(last.value)
      const isShown = last !== undefined && ageMs < LIMITS.recentKeptMs
      const ongoing = looking.get(key) ?? (isShown ? later(() => look(key, read)) : look(key, read))
      looking.set(key, ongoing)
      if (!isShown) return ongoing
      // Whoever waits for it hears of a failure; whoever does not is asked again soon.
      ongoing.catch(() => undefined)
      return Promise.resolve(last.value)
    },
  }
}

async function afterOthers<Value>(work: () => Promise<Value>): Promise<Value> {
  await delay(LIMITS.recentDelayMs, undefined, { ref: false })
  return await work()
}
