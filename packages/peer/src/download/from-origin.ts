/** Asks the origin for the missing chunks of spans, gathers what comes in any order, and hands on whole spans. */
import type { PackIndex } from '@shoal/release'
import { PeerError } from '../error.ts'
import type { BufferPool } from '../links/index.ts'
import type { OriginClient } from '../origin/index.ts'
import type { Staging } from '../store/index.ts'
import { ORIGIN } from '../swarm/index.ts'
import type { Delivery } from './delivery.ts'

export interface OriginFetcher {
  /** Settles when every span was delivered or has failed. Rejects for what is no fault of the origin. */
  fetch(spans: readonly number[]): Promise<void>
}

/** A span on its way: where each chunk goes in the buffer, and how many have not come. */
interface Gathering {
  chunks: readonly number[]
  /** Of each of the chunks. */
  offsets: Uint32Array
  /** Undefined until the first of them comes: of all that is asked for, little is on its way at a time. */
  buffer: Uint8Array | undefined
  bytes: number
  left: number
}

/** @param onDamaged hears of every span whose bytes at the origin do not verify */
export function createOriginFetcher(
  origin: OriginClient,
  staging: Staging,
  pool: BufferPool,
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
        giveBack(gathering)
        if (error.code === 'ORIGIN_CORRUPT') onDamaged(span, error)
        delivery.failed(ORIGIN, span, 'lost')
        continue
      }
      delivery.progressed(ORIGIN, span, bytes.length)
      gathering.buffer ??= pool.take(gathering.bytes)
      gathering.buffer.set(bytes, gathering.offsets[gathering.chunks.indexOf(chunk)])
      if (--gathering.left > 0) continue
      unfinished.delete(span)
      await delivery.delivered(ORIGIN, span, gathering.chunks, gathering.buffer.subarray(0, gathering.bytes))
      giveBack(gathering)
    }
  }

  function gather(span: number): Gathering {
    const chunks = staging.missingChunks(span)
    const offsets = new Uint32Array(chunks.length)
    let bytes = 0
    chunks.forEach((chunk, at) => {
      offsets[at] = bytes
      bytes += manifest.chunks.sizes[chunk] ?? 0
    })
    return { chunks, offsets, buffer: undefined, bytes, left: chunks.length }
  }

  function giveBack({ buffer }: Gathering): void {
    if (buffer !== undefined) pool.give(buffer)
  }

  return {
    async fetch(spans) {
      const unfinished = new Map(spans.map((span) => [span, gather(span)]))
      try {
        await take(unfinished)
      } catch (error) {
        index = undefined
        if (signal.aborted) return
        if (!(error instanceof PeerError)) throw error
      }
      for (const [span, gathering] of unfinished) {
        giveBack(gathering)
        delivery.failed(ORIGIN, span, 'lost')
      }
    },
  }
}
