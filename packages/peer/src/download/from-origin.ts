/** Asks the origin for the missing chunks of spans, gathers what comes in any order, and hands on whole spans. */
import type { PackIndex } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { OriginClient } from '../origin/index.ts'
import type { Staging } from '../store/index.ts'
import { ORIGIN } from '../swarm/index.ts'
import type { Delivery } from './delivery.ts'

export interface OriginFetcher {
  /** Settles when every span was delivered or has failed. Rejects for what is no fault of the origin. */
  fetch(spans: readonly number[]): Promise<void>
}

interface Gathering {
  chunks: readonly number[]
  parts: Map<number, Uint8Array>
}

/** @param onDamaged hears of every span whose bytes at the origin do not verify */
export function createOriginFetcher(
  origin: OriginClient,
  staging: Staging,
  delivery: Delivery,
  onDamaged: (span: number, error: PeerError) => void,
  signal: AbortSignal,
): OriginFetcher {
  const { manifest } = staging
  let index: Promise<PackIndex> | undefined

  async function take(unfinished: Map<number, Gathering>): Promise<void> {
    index ??= origin.fetchIndex(manifest, { signal })
    const wanted = [...unfinished.values()].flatMap((gathering) => gathering.chunks)
    for await (const { chunk, bytes, error } of origin.fetchChunks(await index, manifest, wanted, { signal })) {
      const span = manifest.spans.spanOf(chunk)
      const gathering = unfinished.get(span)
      if (gathering === undefined) continue
      if (error !== undefined) {
        unfinished.delete(span)
        if (error.code === 'ORIGIN_CORRUPT') onDamaged(span, error)
        delivery.failed(ORIGIN, span, 'lost')
        continue
      }
      delivery.progressed(ORIGIN, span, bytes.length)
      gathering.parts.set(chunk, bytes)
      if (gathering.parts.size < gathering.chunks.length) continue
      unfinished.delete(span)
      await delivery.delivered(ORIGIN, span, gathering.chunks, join(gathering))
    }
  }

  return {
    async fetch(spans) {
      const unfinished = new Map(spans.map((span) => [span, { chunks: staging.missingChunks(span), parts: new Map() }]))
      try {
        await take(unfinished)
      } catch (error) {
        index = undefined
        if (signal.aborted) return
        if (!(error instanceof PeerError)) throw error
      }
      for (const span of unfinished.keys()) delivery.failed(ORIGIN, span, 'lost')
    },
  }
}

function join({ chunks, parts }: Gathering): Uint8Array {
  return Buffer.concat(chunks.map((chunk) => parts.get(chunk) ?? new Uint8Array(0)))
}
