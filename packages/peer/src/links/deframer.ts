/** Cuts what arrives on a link into frames. Payload of data frames is handed on as it comes; other frames are collected whole. */
import { LIMITS } from '../limits.ts'
import { FRAME, violation } from './frames.ts'

export interface FrameSink {
  /** A whole control frame; the body is valid during the call only. */
  frame(type: number, body: Uint8Array): void
  /** A piece of the payload of a data frame, valid during the call only. */
  payload(id: number, piece: Uint8Array): void
}

export interface Deframer {
  /** @throws PeerError PROTOCOL_VIOLATION at the first byte that cannot be */
  push(bytes: Uint8Array): void
}

/** @param takesData whether data frames may arrive on this side of the link */
export function createDeframer(sink: FrameSink, takesData: boolean): Deframer {
  const head = new Uint8Array(9)
  let headBytes = 0
  let body: Uint8Array | undefined
  let bodyBytes = 0
  let payloadLeft = 0
  let payloadId = 0

  function readHead(bytes: Uint8Array, at: number): number {
    // Five bytes tell length and type; a data frame has four more for its id.
    const wanted = headBytes < 5 ? 5 : 9
    const take = Math.min(wanted - headBytes, bytes.length - at)
    head.set(bytes.subarray(at, at + take), headBytes)
    headBytes += take
    const view = new DataView(head.buffer)
    if (headBytes === 5) {
      const length = view.getUint32(0)
      const type = view.getUint8(4)
      if (type === FRAME.data) {
        if (!takesData) throw violation('data on the asking side of a link')
        if (length <= 5 || length > 5 + LIMITS.framePayloadBytesMax) throw violation(`a data frame of ${length} bytes`)
      } else {
        if (length < 1 || length > LIMITS.frameControlBytesMax) throw violation(`a control frame of ${length} bytes`)
        body = new Uint8Array(length - 1)
        bodyBytes = 0
        headBytes = 0
      }
    } else if (headBytes === 9) {
      payloadLeft = view.getUint32(0) - 5
      payloadId = view.getUint32(5)
      headBytes = 0
    }
    return at + take
  }

  return {
    push(bytes) {
      let at = 0
      while (at < bytes.length || body?.length === 0) {
        if (payloadLeft > 0) {
          const take = Math.min(payloadLeft, bytes.length - at)
          sink.payload(payloadId, bytes.subarray(at, at + take))
          payloadLeft -= take
          at += take
        } else if (body !== undefined) {
          const take = Math.min(body.length - bodyBytes, bytes.length - at)
          body.set(bytes.subarray(at, at + take), bodyBytes)
          bodyBytes += take
          at += take
          if (bodyBytes === body.length) {
            const whole = body
            body = undefined
            sink.frame(head[4] ?? 0, whole)
          }
        } else {
          at = readHead(bytes, at)
        }
      }
    },
  }
}
