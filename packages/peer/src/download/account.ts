/** Where the bytes of a download came from, why, and what was wasted: the answer to "why is it not peering?". */
import { LIMITS } from '../limits.ts'
import type { Reason, Source } from '../swarm/index.ts'
import { ORIGIN } from '../swarm/index.ts'

/** Bytes of content by source. They add up to `total`; `wasted` was received on top of it. */
export interface SourceBytes {
  total: number
  /** Found on this disk, in the release that was installed before. */
  reused: number
  /** Kept from an earlier, interrupted run. */
  resumed: number
  patched: number
  origin: number
  lanPeers: number
  wanPeers: number
  cache: number
  wasted: number
}

export type WasteCause = 'corrupt' | 'duplicate' | 'cancelled' | 'origin'

export interface Account {
  readonly bytes: SourceBytes
  /** Spans by the reason for which their source was chosen. */
  readonly reasons: Partial<Record<Reason, number>>
  /** Why the origin was asked: its bytes by reason. They add up to `bytes.origin`. */
  readonly originBytes: Partial<Record<Reason, number>>
  readonly wasted: Partial<Record<WasteCause, number>>
  readonly peersUsed: Set<string>
  /** What neighbours sent, by the site that they say they are of; of the first sites that there were. */
  readonly sites: Map<string, number>
  /** @param site of a neighbour; empty where it names none */
  received(
    from: Source,
    kind: 'lanPeers' | 'wanPeers' | 'cache' | 'origin',
    bytes: number,
    reason: Reason,
    site: string,
  ): void
  waste(cause: WasteCause, bytes: number): void
}

export function createAccount(total: number, reused: number, resumed: number): Account {
  const bytes: SourceBytes = {
    total,
    reused,
    resumed,
    patched: 0,
    origin: 0,
    lanPeers: 0,
    wanPeers: 0,
    cache: 0,
    wasted: 0,
  }
  const reasons: Partial<Record<Reason, number>> = {}
  const originBytes: Partial<Record<Reason, number>> = {}
  const wasted: Partial<Record<WasteCause, number>> = {}
  const peersUsed = new Set<string>()
  const sites = new Map<string, number>()
  return {
    bytes,
    reasons,
    originBytes,
    wasted,
    peersUsed,
    sites,
    received(from, kind, count, reason, site) {
      bytes[kind] += count
      reasons[reason] = (reasons[reason] ?? 0) + 1
      if (from === ORIGIN) {
        originBytes[reason] = (originBytes[reason] ?? 0) + count
        return
      }
      peersUsed.add(from)
      if (sites.has(site) || sites.size < LIMITS.sourceSitesMax) sites.set(site, (sites.get(site) ?? 0) + count)
    },
    waste(cause, count) {
      if (count === 0) return
      bytes.wasted += count
      wasted[cause] = (wasted[cause] ?? 0) + count
    },
  }
}
