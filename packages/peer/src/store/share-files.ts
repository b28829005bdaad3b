/**
 * Unchanged files are hard links to those of an installed release. A file is believed unread only while its stamp from the
 * installation matches; otherwise all of it is hashed first, so that what a user edited does not spread. One file of the old release
 * becomes at most one of the new: two paths that were separate files must not become one.
 */
import type { Manifest } from '@shoal/release'
import { constants, type BigIntStats } from 'node:fs'
import { LIMITS } from '../limits.ts'
import type { Disk } from './disk.ts'
import { absentOk, isErrno } from './disk-error.ts'
import type { Earlier } from './earlier.ts'
import { each } from './each.ts'
import { readVerified } from './extents.ts'
import type { FileEntry, Places } from './places.ts'
import { modeOf, type StagedFiles } from './staged-files.ts'
import { sameStamp, type Stamp } from './stamps.ts'
import { extentsOf } from './survey.ts'

export interface ShareTarget {
  readonly manifest: Manifest
  readonly places: Places
  readonly files: StagedFiles
  /** By place: whether it holds its chunk. Updated. */
  readonly holds: Uint8Array
}

export async function shareFiles(
  disk: Disk,
  target: ShareTarget,
  earlier: Earlier,
  signal: AbortSignal,
): Promise<void> {
  const pairs = pairFiles(target, earlier)
  const taken = new Set<bigint>()
  await each(pairs, LIMITS.fileOperationsMax, async ([file, old]) => {
    signal.throwIfAborted()
    await shareFile(disk, target, earlier, file, old, taken)
  })
}

/** New file → old file of the same content: the one at the same path, else any that is not used yet. */
function pairFiles({ places, files, holds }: ShareTarget, earlier: Earlier): [number, number][] {
  const byContent = new Map<string, number[]>()
  const wanted = places.files.flatMap((entry, file) => {
    const end = places.firstOfFile[file + 1] ?? 0
    const whole = holds.subarray(places.firstOfFile[file], end).every((held) => held === 1)
    return entry.size === 0 || files.isSealed(file) || whole ? [] : [file]
  })
  for (const file of wanted) byContent.set(contentKey(files.entry(file)), [])
  earlier.places.files.forEach((entry, old) => byContent.get(contentKey(entry))?.push(old))

  const pairs: [number, number][] = []
  const take = (file: number, fits: (old: FileEntry) => boolean): boolean => {
    const entry = files.entry(file)
    const candidates = byContent.get(contentKey(entry)) ?? []
    const at = candidates.findIndex((old) => {
      const other = earlier.places.files[old]
      return other !== undefined && fits(other)
    })
    const [old] = at === -1 ? [] : candidates.splice(at, 1)
    if (old !== undefined) pairs.push([file, old])
    return old !== undefined
  }
  const elsewhere = wanted.filter(
    (file) => !take(file, (old) => old.path === files.entry(file).path && sameMode(old, file)),
  )
  for (const file of elsewhere) take(file, (old) => sameMode(old, file))
  return pairs.sort(([a], [b]) => a - b)

  function sameMode(old: FileEntry, file: number): boolean {
    return old.executable === files.entry(file).executable
  }
}

async function shareFile(
  disk: Disk,
  target: ShareTarget,
  earlier: Earlier,
  file: number,
  old: number,
  taken: Set<bigint>,
): Promise<void> {
  const { files, holds, places } = target
  const from = `${earlier.root}/${earlier.places.files[old]?.path ?? ''}`
  const stamp = await verifyFile(disk, target, earlier, file, old, from)
  if (stamp === undefined || taken.has(stamp.ino)) return
  taken.add(stamp.ino)
  if (!files.isAbsent(file)) await files.discard(file)
  if (!(await tryLink(disk, from, files.path(file)))) return
  // The path may have been given to another file between the check and the link.
  if (!sameStamp(await disk.lstat(files.path(file)), stamp)) return files.discard(file)
  files.seal(file, stamp)
  holds.fill(1, places.firstOfFile[file], places.firstOfFile[file + 1])
}

/** The stamp under which the old file holds exactly the new one's chunks. */
async function verifyFile(
  disk: Disk,
  target: ShareTarget,
  earlier: Earlier,
  file: number,
  old: number,
  path: string,
): Promise<Stamp | undefined> {
  const entry = target.files.entry(file)
  const fits = (stat: BigIntStats): boolean =>
    stat.isFile() && stat.size === BigInt(entry.size) && Number(stat.mode & 0o7777n) === modeOf(entry)
  // Ten thousand unchanged files: one look at each is all that they cost.
  const seen = await absentOk(disk.lstat(path))
  if (seen === undefined || !fits(seen)) return undefined
  if (earlier.stamps.matches(old, seen) && sameChunks(target, earlier, file, old)) return seen

  const fd = await openIfPlain(disk, path)
  if (fd === undefined) return undefined
  try {
    const stat = await disk.stat(fd)
    if (!fits(stat)) return undefined
    let verified = 0
    await readVerified(disk, fd, extentsOf(target.manifest, target.places, file), (found) => {
      verified += found.length
    })
    return verified === entry.chunks.length && sameStamp(await disk.stat(fd), stat) ? stat : undefined
  } finally {
    await disk.close(fd)
  }
}

/** The same content may be cut into other chunks, which nobody has verified yet. */
function sameChunks({ manifest, places }: ShareTarget, earlier: Earlier, file: number, old: number): boolean {
  const mine = places.files[file]?.chunks ?? new Uint32Array()
  const theirs = earlier.places.files[old]?.chunks ?? new Uint32Array()
  return (
    mine.length === theirs.length &&
    mine.every((chunk, at) => {
      const other = earlier.manifest.chunks.digest(theirs[at] ?? 0)
      return Buffer.compare(manifest.chunks.digest(chunk), other) === 0
    })
  )
}

function contentKey({ size, sha256 }: FileEntry): string {
  return `${size}:${Buffer.from(sha256).toString('latin1')}`
}

async function openIfPlain(disk: Disk, path: string): Promise<number | undefined> {
  try {
    return await disk.open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'STORE_DENIED')) return undefined
    throw error
  }
}

async function tryLink(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.link(from, to)
    return true
  } catch (error) {
    // No links here, or none to this file: its chunks are copied instead.
    if (isErrno(error, 'EPERM', 'EACCES', 'EXDEV', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOENT')) return false
    throw error
  }
}
