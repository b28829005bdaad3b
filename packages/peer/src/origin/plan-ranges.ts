import { frameBytesMax } from '@shoal/release'
import type { ChunkTable, PackIndex } from '@shoal/release'

/** Where the compressed bytes of a chunk stand in a pack. */
export interface Frame {
  chunk: number
  offset: number
  length: number
}

/** One request: bytes [start, end) of a pack, and the wanted frames in them by offset, none overlapping. */
export interface PackRange {
  pack: number
  start: number
  end: number
  frames: Frame[]
}

export interface RangePlan {
  ranges: PackRange[]
  /** Chunks whose place in the index cannot be true. */
  refused: number[]
}

export interface RangeBounds {
  /** Frames are joined up to this size, where it is less than the largest range. */
  joinBytesMax?: number
  rangeBytesMax: number
  gapBytesMax: number
}

/**
 * Turns wanted chunks into few requests: frames of a pack that are adjacent, or nearly, share one. The index is unsigned, so
 * nothing in it is believed: a frame outside its pack, overlapping another or larger than any honest one is refused.
 * Ranges come in the order in which the caller named their first chunk.
 */
export function planRanges(
  wanted: Iterable<number>,
  index: PackIndex,
  chunks: Pick<ChunkTable, 'count' | 'sizes'>,
  bounds: RangeBounds,
): RangePlan {
  const refused: number[] = []
  const framesByPack = new Map<number, Frame[]>()
  const priority = new Map<number, number>()
  for (const chunk of wanted) {
    if (priority.has(chunk)) continue
    priority.set(chunk, priority.size)
    const frame = frameOf(chunk, index, chunks, bounds)
    const pack = index.pack[chunk]
    if (frame === undefined || pack === undefined) {
      refused.push(chunk)
      continue
    }
    const frames = framesByPack.get(pack)
    if (frames === undefined) framesByPack.set(pack, [frame])
    else frames.push(frame)
  }
  const ranges: PackRange[] = []
  for (const [pack, frames] of framesByPack) {
    ranges.push(...joinFrames(pack, dropOverlaps(frames, refused), bounds))
  }
  const first = (range: PackRange) => Math.min(...range.frames.map(({ chunk }) => priority.get(chunk) ?? 0))
  const ordered = ranges.map((range) => ({ range, first: first(range) })).sort((a, b) => a.first - b.first)
  return { ranges: ordered.map(({ range }) => range), refused }
}

/** Joins frames, sorted by offset, into ranges. */
export function joinFrames(pack: number, frames: readonly Frame[], bounds: RangeBounds): PackRange[] {
  const ranges: PackRange[] = []
  let current: PackRange | undefined
  for (const frame of frames) {
    const end = frame.offset + frame.length
    if (
      current !== undefined &&
      frame.offset - current.end <= bounds.gapBytesMax &&
      end - current.start <= Math.min(bounds.rangeBytesMax, bounds.joinBytesMax ?? Infinity)
    ) {
      current.frames.push(frame)
      current.end = end
    } else {
      current = { pack, start: frame.offset, end, frames: [frame] }
      ranges.push(current)
    }
  }
  return ranges
}

function frameOf(
  chunk: number,
  index: PackIndex,
  chunks: Pick<ChunkTable, 'count' | 'sizes'>,
  bounds: RangeBounds,
): Frame | undefined {
  const [size, offset, length] = [chunks.sizes[chunk], index.offset[chunk], index.length[chunk]]
  const packLength = index.packs[index.pack[chunk] ?? -1]?.length
  if (chunk >= chunks.count || size === undefined || packLength === undefined) return undefined
  if (offset === undefined || length === undefined || length === 0 || offset + length > packLength) return undefined
  return length <= Math.min(frameBytesMax(size), bounds.rangeBytesMax) ? { chunk, offset, length } : undefined
}

function dropOverlaps(frames: Frame[], refused: number[]): Frame[] {
  const kept: Frame[] = []
  let end = 0
  for (const frame of frames.sort((a, b) => a.offset - b.offset)) {
    if (frame.offset < end) {
      refused.push(frame.chunk)
    } else {
      kept.push(frame)
      end = frame.offset + frame.length
    }
  }
  return kept
}
