/**
 * Frees bytes that are done with. The collector would leave those that were needed for long, which are many, until 64 MB of them
 * have gathered. Only where they are all that their buffer holds: what else is in it may still wait to be read.
 */
export function letGo({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/**
 * The same, of a piece of a body as it came from the socket: what stands before it, such as the head of the answer, was read before it.
 * Small pieces are left alone: Node puts many that it joins itself into one buffer, up to half the size of its pool.
 */
export function letGoOfPiece({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const isLast = byteOffset + byteLength === buffer.byteLength
  if (buffer instanceof ArrayBuffer && isLast && byteLength >= Buffer.poolSize / 2) buffer.transfer(0)
}
