import type { Chunking } from './choose.ts'
import { GEAR } from './gear.ts'

/** Bytes that a 32-bit gear hash remembers. */
const WINDOW = 32
/** Bits by which the cut is made rarer before the average size, and commoner after it. */
const NORMALISATION = 2

/**
 * Where the chunk that begins at `start` ends: start < cut <= end (FastCDC, normalised).
 * Either `end` is the end of the file, or at least `chunking.max` bytes lie before it; else the cut would depend on the slicing.
 */
export function findCut(buffer: Uint8Array, start: number, end: number, chunking: Chunking): number {
  const least = start + chunking.min
  if (end <= least) return end
  const bits = Math.log2(chunking.avg)
  const rare = -1 << (32 - bits - NORMALISATION)
  const common = -1 << (32 - bits + NORMALISATION)
  const last = Math.min(end, start + chunking.max)
  const middle = Math.min(last, start + chunking.avg)

  const gear = GEAR
  let hash = 0
  let at = least - WINDOW
  // A full window before the first test: whether a position is a cut depends on the 32 bytes before it and on nothing else.
  for (; at < least; at++) hash = ((hash << 1) + (gear[buffer[at] as number] as number)) | 0
  for (; at < middle; at++) {
    if ((hash & rare) === 0) return at
    hash = ((hash << 1) + (gear[buffer[at] as number] as number)) | 0
  }
  for (; at < last; at++) {
    if ((hash & common) === 0) return at
    hash = ((hash << 1) + (gear[buffer[at] as number] as number)) | 0
  }
  return last
}
