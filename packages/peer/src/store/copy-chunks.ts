import type { ChunkTable } from '@shoal/release'
import { constants } from 'node:fs'
import type { Disk } from './disk.ts'
import { isErrno } from './disk-error.ts'
import type { Earlier } from './earlier.ts'
import { each } from './each.ts'
import { readVerified, type Extent } from './extents.ts'
import type { StagedRelease } from './staging.ts'

interface CopyExtent extends Extent {
  /** In the new release. */
  readonly chunk: number
}

const FILES_AT_ONCE = 2

/** Copies chunks that the new release lacks from the files of an installed one, each verified: an edited file gives nothing. */
export async function copyChunks(
  disk: Disk,
  staged: StagedRelease,
  earlier: Earlier,
  signal: AbortSignal,
): Promise<void> {
  const wanted = matchChunks(staged.manifest.chunks, earlier.manifest.chunks)
  await each(earlier.places.files.keys(), FILES_AT_ONCE, async (file) => {
    signal.throwIfAborted()
    const entry = earlier.places.files[file]
    const missing = (old: number): boolean => (wanted[old] ?? 0) !== 0 && !staged.hasChunk((wanted[old] ?? 0) - 1)
    if (entry?.chunks.some(missing) !== true) return
    const fd = await openIfReadable(disk, `${earlier.root}/${entry.path}`)
    if (fd === undefined) return
    try {
      await readVerified(disk, fd, extents(earlier, file, wanted, missing), async (found) => {
        signal.throwIfAborted()
        await staged.store(found.map(({ extent, bytes }) => ({ chunk: extent.chunk, bytes })))
      })
    } finally {
      await disk.close(fd)
    }
  })
}

function* extents(
  { manifest, places }: Earlier,
  file: number,
  wanted: Uint32Array,
  missing: (old: number) => boolean,
): Generator<CopyExtent> {
  const end = places.firstOfFile[file + 1] ?? 0
  for (let place = places.firstOfFile[file] ?? 0; place < end; place++) {
    const old = places.chunk[place] ?? 0
    if (!missing(old)) continue
    const offset = places.offset[place] ?? 0
    yield {
      chunk: (wanted[old] ?? 0) - 1,
      offset,
      size: manifest.chunks.sizes[old] ?? 0,
      digest: manifest.chunks.digest(old),
    }
  }
}

/** By old chunk: one more than the index of the same chunk in the new release, 0 where it has none. */
function matchChunks(chunks: ChunkTable, old: ChunkTable): Uint32Array {
  const wanted = new Uint32Array(old.count)
  for (let index = 0; index < old.count; index++) {
    const chunk = chunks.find(old.digest(index))
    if (chunk !== undefined && chunks.sizes[chunk] === old.sizes[index]) wanted[index] = chunk + 1
  }
  return wanted
}

async function openIfReadable(disk: Disk, path: string): Promise<number | undefined> {
  try {
    return await disk.open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'STORE_DENIED')) return undefined
    throw error
  }
}
