/** Asks a neighbour for chunks of a span: at once, or where downloads are limited piece by piece, each when its turn has come. */
import type { Manifest } from '@shoal/release'
import type { Requester } from '../links/index.ts'
import { setBit } from '../swarm/index.ts'
import type { Meter } from '../traffic/index.ts'

export interface WantedSpan {
  slot: number
  span: number
  manifest: Pick<Manifest, 'spans' | 'chunks'>
  /** Chunks of the span, in order. */
  chunks: readonly number[]
}

type Link = Pick<Requester, 'requestSpan'>
type Receiver = Required<Parameters<Requester['requestSpan']>[4]>

const MASK_BYTES = 32

/** The receiver hears of the span as a whole. Returns how to cancel; a cancelled receiver hears nothing more. */
export function requestPaced(link: Link, wanted: WantedSpan, meter: Meter, receiver: Receiver): () => void {
  if (meter.rate === Infinity) return requestChunks(link, wanted, wanted.chunks, receiver)
  const stop = new AbortController()
  void requestPieces(link, wanted, meter, receiver, stop.signal)
  return () => stop.abort()
}

async function requestPieces(
  link: Link,
  wanted: WantedSpan,
  meter: Meter,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<void> {
  let room: Uint8Array | undefined
  let at = 0
  for (const chunks of pieces(wanted, meter.grainBytes)) {
    const isAllowed = await meter.take(sizeOf(wanted, chunks), signal)
    if (signal.aborted) return
    if (!isAllowed) return receiver.failed('lost')
    const start = at
    const answer = await new Promise<Uint8Array | Parameters<Receiver['failed']>[0]>((resolve) => {
      const cancel = requestChunks(link, wanted, chunks, {
        room: () => (room ??= receiver.room()).subarray(start),
        progress: (bytes) => receiver.progress(bytes),
        done: resolve,
        failed: resolve,
      })
      const onAbort = (): void => {
        cancel()
        resolve('lost')
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
    if (isAborted(signal)) return
    if (typeof answer === 'string') return receiver.failed(answer)
    at += answer.length
  }
  receiver.done((room ?? new Uint8Array(0)).subarray(0, at))
}

/** Runs of chunks of about so many bytes. */
function* pieces(wanted: WantedSpan, bytes: number): Generator<number[]> {
  let piece: number[] = []
  for (const chunk of wanted.chunks) {
    if (piece.length > 0 && sizeOf(wanted, [...piece, chunk]) > bytes) {
      yield piece
      piece = []
    }
    piece.push(chunk)
  }
  if (piece.length > 0) yield piece
}

function requestChunks(link: Link, wanted: WantedSpan, chunks: readonly number[], receiver: Receiver): () => void {
  const { slot, span, manifest } = wanted
  const first = manifest.spans.firstChunk[span] ?? 0
  const mask = new Uint8Array(MASK_BYTES)
  for (const chunk of chunks) setBit(mask, chunk - first)
  return link.requestSpan(slot, span, mask, sizeOf(wanted, chunks), receiver)
}

function sizeOf({ manifest }: WantedSpan, chunks: readonly number[]): number {
  return chunks.reduce((sum, chunk) => sum + (manifest.chunks.sizes[chunk] ?? 0), 0)
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
