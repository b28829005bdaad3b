// One frame: a four-byte big-endian length, then that many bytes. A direction of a stream carries one at a time.
import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { TrackerError } from '../error.ts'

const HEADER_BYTES = 4

export function encodeFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.byteLength)
  new DataView(frame.buffer).setUint32(0, payload.byteLength)
  frame.set(payload, HEADER_BYTES)
  return frame
}

/** Collects one frame from pieces of any size; `push` returns the payload once it is whole. */
export function createFrameReader(payloadBytesMax: number): {
  push(piece: Uint8Array | Uint8ArrayList): Uint8Array | undefined
} {
  const received = new Uint8ArrayList()
  let payloadBytes: number | undefined
  return {
    push(piece) {
      received.append(piece)
      if (payloadBytes === undefined) {
        if (received.byteLength < HEADER_BYTES) return undefined
        payloadBytes = received.getUint32(0)
        if (payloadBytes > payloadBytesMax) {
          throw new TrackerError(
            'FRAME_INVALID',
            `a frame of ${payloadBytes} bytes; at most ${payloadBytesMax} are allowed`,
          )
        }
      }
      const missing = HEADER_BYTES + payloadBytes - received.byteLength
      if (missing < 0) throw new TrackerError('FRAME_INVALID', `${-missing} bytes after the end of the frame`)
      return missing === 0 ? received.slice(HEADER_BYTES) : undefined
    },
  }
}

/** Reads the next frame of a stream; whatever goes wrong, the stream is aborted. Bounded in bytes and by the signal. */
export async function readFrame(stream: Stream, payloadBytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  const payload = await readFrameOrEnd(stream, payloadBytesMax, signal)
  if (payload !== undefined) return payload
  const error = new TrackerError('FRAME_INVALID', 'the stream ended before the frame')
  stream.abort(error)
  throw error
}

/** As `readFrame`; undefined when the stream ended before the frame began. */
export async function readFrameOrEnd(
  stream: Stream,
  payloadBytesMax: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const reader = createFrameReader(payloadBytesMax)
  // libp2p would buffer 4 MiB more of a sender who goes on after its frame.
  stream.maxReadBufferLength = HEADER_BYTES + payloadBytesMax
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>()
  let hasBegun = false

  const onMessage = ({ data }: StreamMessageEvent): void => {
    hasBegun = true
    try {
      const payload = reader.push(data)
      if (payload !== undefined) resolve(payload)
    } catch (error) {
      reject(error)
    }
  }
  const onEnd = (): void => {
    if (hasBegun) reject(new TrackerError('FRAME_INVALID', 'the stream ended inside a frame'))
    else resolve(undefined)
  }
  const onClose = ({ error }: StreamCloseEvent): void =>
    reject(new TrackerError('UNREACHABLE', 'the stream was closed inside a frame', { cause: error }))
  const onAbort = (): void => reject(abortReason(signal))

  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', onEnd)
  stream.addEventListener('close', onClose)
  signal.addEventListener('abort', onAbort)
  // What arrived before there was a listener is delivered in a microtask; only then is an end an end.
  if (stream.readableEnded) queueMicrotask(onEnd)
  if (signal.aborted) onAbort()
  try {
    return await promise
  } catch (error) {
    stream.abort(error as Error)
    throw error
  } finally {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('end', onEnd)
    stream.removeEventListener('close', onClose)
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Resolves when the whole frame is out of this side's memory: a reader that stalls is waited for, as long as the signal allows.
 * @throws TrackerError UNREACHABLE, TIMEOUT; or why the signal was aborted
 */
export async function writeFrame(stream: Stream, payload: Uint8Array, signal: AbortSignal): Promise<void> {
  try {
    if (stream.send(encodeFrame(payload))) return
    // The stream's own onDrain() resolves as soon as there is any room.
    while (stream.writeBufferLength > 0) await drainEvent(stream, signal)
    // Then there is nothing left of the frame either.
    if (stream.status === 'reset' || stream.status === 'aborted') throw new Error(`the stream was ${stream.status}`)
  } catch (cause) {
    if (signal.aborted) throw abortReason(signal)
    throw new TrackerError('UNREACHABLE', 'the stream was closed before the frame was sent', { cause })
  }
}

async function drainEvent(stream: Stream, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const onDrain = (): void => resolve(undefined)
  const onClose = ({ error }: StreamCloseEvent): void => reject(error ?? new Error('closed'))
  const onAbort = (): void => reject(abortReason(signal))
  stream.addEventListener('drain', onDrain)
  stream.addEventListener('close', onClose)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    await promise
  } finally {
    stream.removeEventListener('drain', onDrain)
    stream.removeEventListener('close', onClose)
    signal.removeEventListener('abort', onAbort)
  }
}

/** `close` of a libp2p stream may reject, and with an Event instead of an Error; either way the stream must be gone. */
export async function closeStream(stream: Stream, signal: AbortSignal): Promise<void> {
  try {
    await stream.close({ signal })
  } catch (error) {
    stream.abort(error instanceof Error ? error : new Error('the stream did not close'))
  }
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new TrackerError('TIMEOUT', 'no whole frame came, or went, in time', { cause: reason })
  }
  return reason instanceof Error ? reason : new Error('aborted')
}
