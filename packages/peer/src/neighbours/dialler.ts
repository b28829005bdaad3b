/** Connects to candidates: a few at a time, with backoff for those that cannot be reached. */
import { performance } from 'node:perf_hooks'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { LIMITS } from '../limits.ts'
import type { Candidate, Candidates } from './candidates.ts'

const DIALS_MAX = 8

export interface Dialler {
  /** Starts as many dials as there is room for. */
  dial(room: number): void
}

/** @param isWanted whether a connection to the peer is missing and allowed */
export function createDialler(
  node: Libp2p,
  candidates: Candidates,
  isWanted: (id: PeerId) => boolean,
  onFailed: (peer: string, cause: unknown) => void,
  signal: AbortSignal,
): Dialler {
  const dialling = new Set<string>()

  async function dialOne(candidate: Candidate): Promise<void> {
    const key = candidate.id.toString()
    dialling.add(key)
    try {
      const addresses = [...candidate.addresses.values()].map((address) => withPeer(address, candidate.id))
      await node.dial(addresses, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.dialTimeoutMs)]) })
      candidates.succeeded(candidate)
    } catch (error) {
      if (signal.aborted) return
      candidates.failed(candidate, performance.now(), Math.random)
      onFailed(key, error)
    } finally {
      dialling.delete(key)
    }
  }

  return {
    dial(room) {
      const skip = (id: PeerId): boolean => dialling.has(id.toString()) || !isWanted(id)
      const count = Math.min(room, DIALS_MAX) - dialling.size
      if (count <= 0) return
      for (const candidate of candidates.due(performance.now(), skip, count)) void dialOne(candidate)
    },
  }
}

function withPeer(address: Multiaddr, id: PeerId): Multiaddr {
  const named = address.getComponents().some((part) => part.name === 'p2p')
  return named ? address : address.encapsulate(`/p2p/${id.toString()}`)
}
