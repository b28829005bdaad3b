import { sha256 } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import type { Disk } from './disk.ts'

/** A chunk at an offset of a file, and the digest that it must have. */
export interface Extent {
  readonly offset: number
  readonly size: number
  readonly digest: Uint8Array
}

export interface Verified<E> {
  readonly extent: E
  /** The reader's buffer: valid until the visit resolves. */
  readonly bytes: Uint8Array
}

/**
 * Reads extents of one file in order, adjacent ones together, and hands on, read by read, those that hold what their digest says.
 * What the file does not hold is left out.
 */
export async function readVerified<E extends Extent>(
  disk: Pick<Disk, 'read'>,
  fd: number,
  extents: Iterable<E>,
  visit: (found: Verified<E>[]) => void | Promise<void>,
): Promise<void> {
  let buffer = new Uint8Array(0)
  for (const run of runsOf(extents)) {
    if (buffer.length < run.size) buffer = new Uint8Array(run.size)
    const count = await disk.read(fd, buffer.subarray(0, run.size), run.offset)
    const found: Verified<E>[] = []
    for (const extent of run.extents) {
      const from = extent.offset - run.offset
      const bytes = buffer.subarray(from, from + extent.size)
      if (from + extent.size <= count && hasDigest(bytes, extent.digest)) found.push({ extent, bytes })
    }
    await visit(found)
  }
}

export function hasDigest(bytes: Uint8Array, digest: Uint8Array): boolean {
  return Buffer.compare(sha256(bytes), digest) === 0
}

interface Run<E> {
  readonly offset: number
  size: number
  readonly extents: E[]
}

function* runsOf<E extends Extent>(extents: Iterable<E>): Generator<Run<E>> {
  let run: Run<E> | undefined
  for (const extent of extents) {
    const adjacent = run !== undefined && run.offset + run.size === extent.offset
    if (run !== undefined && adjacent && run.size + extent.size <= LIMITS.readRunBytesMax) {
      run.size += extent.size
      run.extents.push(extent)
      continue
    }
    if (run !== undefined) yield run
    run = { offset: extent.offset, size: extent.size, extents: [extent] }
  }
  if (run !== undefined) yield run
}
