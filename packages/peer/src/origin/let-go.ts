/**
 * Frees bytes that are done with. The collector would leave those that were needed for long, which are many, until 64 MB of them
 * have gathered. Only where they are all that their buffer holds: what else is in it may still wait to be read.
 */
export function letGo({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
