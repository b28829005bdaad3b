import type { Manifest } from '@shoal/release'
import { constants } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import type { Disk } from './disk.ts'
import { absentOk } from './disk-error.ts'
import { each } from './each.ts'
import { readVerified, type Extent } from './extents.ts'
import type { Claims } from './journal.ts'
import type { Places } from './places.ts'
import { modeOf, type StagedFiles } from './staged-files.ts'

export interface PlaceExtent extends Extent {
  readonly place: number
}

// Hashing fills one core; a second file hides the waiting for the disk.
const FILES_AT_ONCE = 2

/**
 * Looks at what an earlier run left in the tree: hashes the places that the journal claims and says of each whether it holds its
 * chunk. A file with several links is shared with an installed release: it is kept only if all of it verifies.
 */
export async function survey(
  disk: Disk,
  manifest: Manifest,
  places: Places,
  files: StagedFiles,
  claims: Claims,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const holds = new Uint8Array(places.count)
  await each(places.files.keys(), FILES_AT_ONCE, async (file) => {
    signal.throwIfAborted()
    const stat = await absentOk(disk.lstat(files.path(file)))
    if (stat === undefined) return
    const entry = files.entry(file)
    const shared = stat.nlink > 1n
    const fits = stat.isFile() && stat.size === BigInt(entry.size) && entry.size > 0
    if (!fits || (shared && Number(stat.mode & 0o7777n) !== modeOf(entry))) return files.discard(file)

    const wanted = (place: number): boolean => shared || claims === 'everything' || claims(places.chunk[place] ?? 0)
    const after = await hashPlaces(disk, files.path(file), extentsOf(manifest, places, file, wanted), (place) => {
      signal.throwIfAborted()
      holds[place] = 1
    })
    if (!shared) return files.adopt(file)
    const range = [places.firstOfFile[file] ?? 0, places.firstOfFile[file + 1] ?? 0] as const
    if (holds.subarray(...range).every((held) => held === 1)) return files.seal(file, after)
    holds.fill(0, ...range)
    return files.discard(file)
  })
  return holds
}

/** The chunks of a file that `wanted` names by their place. */
export function* extentsOf(
  { chunks }: Pick<Manifest, 'chunks'>,
  places: Places,
  file: number,
  wanted: (place: number) => boolean = () => true,
): Generator<PlaceExtent> {
  const end = places.firstOfFile[file + 1] ?? 0
  for (let place = places.firstOfFile[file] ?? 0; place < end; place++) {
    if (!wanted(place)) continue
    const chunk = places.chunk[place] ?? 0
    yield { place, offset: places.offset[place] ?? 0, size: chunks.sizes[chunk] ?? 0, digest: chunks.digest(chunk) }
  }
}

/** What the file looked like after the read. */
async function hashPlaces(
  disk: Disk,
  path: string,
  extents: Iterable<PlaceExtent>,
  held: (place: number) => void,
): Promise<BigIntStats> {
  const fd = await disk.open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    await readVerified(disk, fd, extents, (found) => {
      for (const { extent } of found) held(extent.place)
    })
    return await disk.stat(fd)
  } finally {
    await disk.close(fd)
  }
}
