import type { ChunkedFile, ChunkedFiles } from './task.ts'

// A tree may have a million files: three arrays for each would cost far more than what is in them.

export function flatten(files: readonly ChunkedFile[]): ChunkedFiles {
  const count = files.reduce((sum, file) => sum + file.sizes.length, 0)
  const flat: ChunkedFiles = {
    sha256: new Uint8Array(files.length * 32),
    counts: new Uint32Array(files.length),
    digests: new Uint8Array(count * 32),
    sizes: new Uint32Array(count),
  }
  let chunk = 0
  files.forEach((file, at) => {
    flat.sha256.set(file.sha256, at * 32)
    flat.counts[at] = file.sizes.length
    flat.digests.set(file.digests, chunk * 32)
    flat.sizes.set(file.sizes, chunk)
    chunk += file.sizes.length
  })
  return flat
}

/** Views into the flat buffers. */
export function unflatten(flat: ChunkedFiles): ChunkedFile[] {
  let chunk = 0
  return Array.from(flat.counts, (count, at) => {
    const first = chunk
    chunk += count
    return {
      sha256: flat.sha256.subarray(at * 32, at * 32 + 32),
      digests: flat.digests.subarray(first * 32, chunk * 32),
      sizes: flat.sizes.subarray(first, chunk),
    }
  })
}
