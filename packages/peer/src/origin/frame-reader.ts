import { letGo } from './let-go.ts'
import type { Frame } from './plan-ranges.ts'

export interface FrameReader {
  /** The offset in the pack of the next byte that is needed; a broken request resumes here. */
  readonly next: number
  readonly done: boolean
  /** Frames not handed out yet. */
  readonly unfinished: readonly Frame[]
  /** Bytes that belonged to no wanted frame since the last `begin`. */
  readonly skippedBytes: number
  /** A new body starts, its first byte at this offset of the pack, at or before `next`. */
  begin(offset: number): void
  /** The frames that these bytes complete. A frame's bytes are valid until the next step: they may be part of `bytes`, or of room that is used again. */
  feed(bytes: Uint8Array): Generator<{ frame: Frame; bytes: Uint8Array }>
}

/** Cuts wanted frames out of pack bytes as they arrive, across any number of bodies. Holds at most one frame. */
export function createFrameReader(frames: readonly Frame[]): FrameReader {
  let finished = 0
  /** Of the frame that is being collected, and of every other: a new one for each would be as much garbage as there is content. */
  let room = new Uint8Array(0)
  let collected = 0
  let position = 0
  let skippedBytes = 0

  return {
    get next() {
      return (frames[finished]?.offset ?? position) + collected
    },
    get done() {
      return finished === frames.length
    },
    get unfinished() {
      return frames.slice(finished)
    },
    get skippedBytes() {
      return skippedBytes
    },
    begin(offset) {
      position = offset
      skippedBytes = 0
    },
    *feed(bytes) {
      let at = 0
      while (at < bytes.length) {
        const frame = frames[finished]
        const needed = frame === undefined ? Infinity : frame.offset + collected
        const skip = Math.min(Math.max(0, needed - position), bytes.length - at)
        at += skip
        position += skip
        skippedBytes += skip
        if (frame === undefined || at === bytes.length) return
        const piece = bytes.subarray(at, at + frame.length - collected)
        at += piece.length
        position += piece.length
        const whole = collect(frame, piece)
        if (whole === undefined) return
        finished++
        yield { frame, bytes: whole }
        if (finished === frames.length) letGo(room)
      }
    },
  }

  function collect(frame: Frame, piece: Uint8Array): Uint8Array | undefined {
    if (piece.length === frame.length) return piece
    if (room.length === 0) room = new Uint8Array(frames.reduce((most, { length }) => Math.max(most, length), 0))
    room.set(piece, collected)
    collected += piece.length
    if (collected < frame.length) return undefined
    collected = 0
    return room.subarray(0, frame.length)
  }
}
