/** Asks one neighbour for the missing chunks of a span. */
import type { BufferPool } from '../links/index.ts'
import type { Neighbour } from '../neighbours/index.ts'
import type { Staging } from '../store/index.ts'
import type { Meter } from '../traffic/index.ts'
import type { Delivery } from './delivery.ts'
import { requestPaced } from './paced.ts'

/** Returns how to cancel; a cancelled request delivers nothing. Undefined when the neighbour has no link any more. */
export function askNeighbour(
  neighbour: Neighbour | undefined,
  slot: number,
  span: number,
  staging: Staging,
  pool: BufferPool,
  delivery: Delivery,
  meter: Meter,
): (() => void) | undefined {
  const link = neighbour?.lane ?? neighbour?.requester
  if (neighbour === undefined || link === undefined) return undefined
  const { manifest } = staging
  const chunks = staging.missingChunks(span)
  const bytes = chunks.reduce((sum, chunk) => sum + (manifest.chunks.sizes[chunk] ?? 0), 0)
  let buffer: Uint8Array | undefined
  const giveBack = (): void => {
    if (buffer !== undefined) pool.give(buffer)
    buffer = undefined
  }
  const cancel = requestPaced(link, { slot, span, manifest, chunks }, meter, {
    room: () => (buffer = pool.take(bytes)),
    progress: (count) => delivery.progressed(neighbour.key, span, count),
    done: (content) => void delivery.delivered(neighbour.key, span, chunks, content).finally(giveBack),
    failed(cause) {
      giveBack()
      delivery.failed(neighbour.key, span, cause === 'absent' ? 'refused' : cause)
    },
  })
  return () => {
    cancel()
    giveBack()
  }
}
