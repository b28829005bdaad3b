/** Peers that were heard of: their addresses, who told, and when to try them next. Pure; the clock is passed in. */
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { FoundBy as FoundByDiscovery } from '../discovery/index.ts'
import { LIMITS } from '../limits.ts'

/** `inbound`: it found this peer. */
export type FoundBy = FoundByDiscovery | 'inbound'

export interface Candidate {
  id: PeerId
  addresses: Map<string, Multiaddr>
  foundBy: Set<FoundBy>
  failures: number
  nextDialMs: number
}

export interface Candidates {
  add(id: PeerId, addresses: readonly Multiaddr[], by: FoundBy): Candidate | undefined
  get(id: PeerId): Candidate | undefined
  /** Those that may be dialled now, the least failed first. */
  due(nowMs: number, connected: (id: PeerId) => boolean, count: number): Candidate[]
  failed(candidate: Candidate, nowMs: number, random: () => number): void
  succeeded(candidate: Candidate): void
}

const BACKOFF_MS = 2_000
const BACKOFF_MAX_MS = 300_000
/** A candidate that nobody ever reached is forgotten to make room after this many attempts. */
const FAILURES_BEFORE_FORGOTTEN = 5

export function createCandidates(self: PeerId): Candidates {
  const byId = new Map<string, Candidate>()

  function makeRoom(): boolean {
    if (byId.size < LIMITS.candidatesMax) return true
    for (const [key, candidate] of byId) {
      if (candidate.failures < FAILURES_BEFORE_FORGOTTEN) continue
      byId.delete(key)
      return true
    }
    return false
  }

  return {
    add(id, addresses, by) {
      if (id.equals(self)) return undefined
      const key = id.toString()
      let candidate = byId.get(key)
      if (candidate === undefined) {
        if (!makeRoom()) return undefined
        candidate = { id, addresses: new Map(), foundBy: new Set(), failures: 0, nextDialMs: 0 }
        byId.set(key, candidate)
      }
      candidate.foundBy.add(by)
      for (const address of addresses) {
        const text = address.toString()
        if (candidate.addresses.has(text)) continue
        if (candidate.addresses.size >= 2 * LIMITS.exchangeAddressesMax) break
        candidate.addresses.set(text, address)
        // A new address is worth a new attempt.
        candidate.nextDialMs = 0
      }
      return candidate
    },
    get: (id) => byId.get(id.toString()),
    due(nowMs, connected, count) {
      return [...byId.values()]
        .filter((each) => each.nextDialMs <= nowMs && each.addresses.size > 0 && !connected(each.id))
        .sort((a, b) => a.failures - b.failures)
        .slice(0, count)
    },
    failed(candidate, nowMs, random) {
      candidate.failures++
      const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(10, candidate.failures - 1))
      candidate.nextDialMs = nowMs + backoffMs * (0.5 + random() / 2)
    },
    succeeded(candidate) {
      candidate.failures = 0
      candidate.nextDialMs = 0
    },
  }
}
