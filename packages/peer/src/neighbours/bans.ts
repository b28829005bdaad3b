/** Whom this peer will have nothing to do with any more, and why; the oldest makes room. */
import { LIMITS } from '../limits.ts'

export interface Bans {
  has(peer: string): boolean
  /** False when it was banned before. */
  add(peer: string, cause: string): boolean
  list(): { peer: string; cause: string }[]
}

export function createBans(): Bans {
  const causeOf = new Map<string, string>()
  return {
    has: (peer) => causeOf.has(peer),
    add(peer, cause) {
      if (causeOf.has(peer)) return false
      const oldest = causeOf.keys().next().value
      if (causeOf.size >= LIMITS.bannedMax && oldest !== undefined) causeOf.delete(oldest)
      causeOf.set(peer, cause)
      return true
    },
    list: () => [...causeOf].map(([peer, cause]) => ({ peer, cause })),
  }
}
