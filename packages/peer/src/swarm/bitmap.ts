/** Bit `i` of a bitmap is `bytes[i >> 3] & (1 << (i & 7))`; the bits after the last item are zero. */

export function bitmapBytes(count: number): number {
  return (count + 7) >> 3
}

export function hasBit(bitmap: Uint8Array, i: number): boolean {
  return (((bitmap[i >> 3] ?? 0) >> (i & 7)) & 1) === 1
}

export function setBit(bitmap: Uint8Array, i: number): void {
  bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (1 << (i & 7))
}

/** Whether the bitmap is exactly as long as `count` items need and has no bit beyond them. */
export function isBitmapOf(bitmap: Uint8Array, count: number): boolean {
  if (bitmap.length !== bitmapBytes(count)) return false
  return count % 8 === 0 || (bitmap[bitmap.length - 1] ?? 0) >> (count & 7) === 0
}
