/** Gets a release's manifest, block by block: from this disk, from neighbours that take part, from the origin. */
import { blockIdOf, readManifest, type BlockId, type Manifest, type ReleaseId } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import type { Store } from '../store/index.ts'
import { firstAnswer, type AnswerSource } from '../first-answer.ts'
import type { Participants } from './participants.ts'

export interface ManifestSources {
  store: Store
  participants: Participants
  neighbours: Pick<Neighbours, 'ban' | 'onLinked'>
  origin: OriginClient | undefined
  /** Until then neighbours that may yet appear are waited for. */
  signal: AbortSignal
}

const BLOCKS_AT_ONCE = 8
/** Neighbours that are asked for a block before the origin is. */
const PEERS_BEFORE_ORIGIN = 3
/** One that has not answered for so long is not waited for alone, and asked last from then on. */
const PATIENCE_MS = 1_500
const LOOK_AGAIN_MS = 250
/** An origin that fails this often for one block ends the search, unless a neighbour may yet have it. */
const ORIGIN_FAILURES_MAX = 3

/** @throws PeerError TIMEOUT when no source had a block before the signal */
export async function fetchManifest(id: ReleaseId, sources: ManifestSources): Promise<Manifest> {
  const { store } = sources
  const slow = new Set<Neighbour>()
  return readManifest(
    id,
    async (block, maxBytes) => {
      const kept = await store.getBlock(block)
      if (kept !== undefined) return kept
      const bytes = await fetchBlock(block, maxBytes, sources, slow)
      await store.putBlock(block, bytes)
      return bytes
    },
    { concurrency: BLOCKS_AT_ONCE },
  )
}

async function fetchBlock(
  id: BlockId,
  maxBytes: number,
  sources: ManifestSources,
  slow: Set<Neighbour>,
): Promise<Uint8Array> {
  const { participants, origin, signal } = sources
  const asked = new Set<Neighbour>()
  let originAsked = origin === undefined
  let failures = 0

  function nextSource(): AnswerSource<Uint8Array> | undefined {
    const others = participants.list().filter((each) => !asked.has(each))
    const quick = others.find((each) => !slow.has(each))
    const neighbour =
      originAsked || (quick !== undefined && asked.size < PEERS_BEFORE_ORIGIN) ? (quick ?? others[0]) : undefined
    if (neighbour !== undefined) {
      asked.add(neighbour)
      return (stop) => askNeighbour(neighbour, id, maxBytes, sources, slow, stop)
    }
    if (originAsked) return undefined
    originAsked = true
    return async (stop) => origin?.fetchBlock(id, maxBytes, { signal: stop })
  }

  for (;;) {
    try {
      const bytes = await firstAnswer(nextSource, { patienceMs: PATIENCE_MS, signal })
      if (bytes !== undefined) return bytes
    } catch (error) {
      if (!signal.aborted && ++failures >= ORIGIN_FAILURES_MAX) throw error
    }
    if (signal.aborted) throw new PeerError('TIMEOUT', `nobody within reach has manifest block ${id}`)
    await participants.arrival(LOOK_AGAIN_MS, signal)
    originAsked = origin === undefined
  }
}

async function askNeighbour(
  neighbour: Neighbour,
  id: BlockId,
  maxBytes: number,
  { neighbours }: ManifestSources,
  slow: Set<Neighbour>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const startedMs = performance.now()
  try {
    const bytes = await neighbour.requester?.fetchBlock(id, maxBytes, signal)
    if (bytes === undefined || blockIdOf(bytes) === id) return bytes
    neighbours.ban(neighbour.key, 'a manifest block that does not verify')
    return undefined
  } finally {
    if (performance.now() - startedMs >= PATIENCE_MS) slow.add(neighbour)
  }
}
