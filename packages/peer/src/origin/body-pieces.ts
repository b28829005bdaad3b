import type { Readable } from 'node:stream'

/**
 * What comes of a body, piece by piece, each as it was read. The body's own iterator joins two whenever one comes while another is
 * taken, and leaves both to the collector: a hundred megabytes of every gigabyte. Throws what the body fails with; who stops early closes it.
 */
export async function* bodyPieces(body: Readable): AsyncGenerator<Uint8Array, void, void> {
  let wake: (() => void) | undefined
  for (const event of ['readable', 'end', 'error', 'close']) body.on(event, () => wake?.())
  try {
    for (;;) {
      // Exactly what is there is one piece, and given away as it is; to ask for nothing where there is none is what makes more come.
      const piece = body.destroyed ? null : (body.read(body.readableLength) as Uint8Array | null)
      if (piece !== null) yield piece
      else if (body.errored !== null) throw body.errored
      else if (body.readableEnded) return
      else if (body.destroyed) throw new Error('the body was closed before its end')
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    if (!body.readableEnded) body.destroy()
  }
}
