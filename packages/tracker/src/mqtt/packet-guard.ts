/**
 * Sees only how long the packets of an MQTT stream are: the client library takes in whatever length a packet claims, up to 256 MB, before
 * anybody is asked.
 */
export interface PacketGuard {
  /** The next bytes of the stream. True when a packet is larger than allowed, or its length is none; the stream is of no more use then. */
  isBroken(piece: Uint8Array): boolean
}

/** Of the length: seven bits of it a byte, the lowest first, in at most four. */
const LENGTH_BYTES_MAX = 4

export function createPacketGuard(bytesMax: number): PacketGuard {
  let bodyLeft = 0
  /** Bytes of the header that were seen; the first says what the packet is, the others how long. */
  let headerBytes = 0
  let length = 0
  return {
    isBroken(piece) {
      let at = 0
      while (at < piece.length) {
        if (bodyLeft > 0) {
          const skipped = Math.min(bodyLeft, piece.length - at)
          bodyLeft -= skipped
          at += skipped
          continue
        }
        const byte = piece[at++] ?? 0
        headerBytes += 1
        if (headerBytes === 1) continue
        length += (byte & 0x7f) * 128 ** (headerBytes - 2)
        const isLast = byte < 0x80
        if (length > bytesMax || (!isLast && headerBytes > LENGTH_BYTES_MAX)) return true
        if (!isLast) continue
        bodyLeft = length
        headerBytes = 0
        length = 0
      }
      return false
    },
  }
}
