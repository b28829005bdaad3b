/**
 * Creates or resumes a staged release. Steps, each of which may be interrupted and is then done again:
 * folders → hash what an earlier run left → share unchanged files with installed releases → copy inside the tree what some places of a
 * chunk have and others lack → new journal → is there room? → copy unchanged chunks of changed files.
 * The old journal stands until the new one replaces it, and claims only what was there before; shared files are known by their links.
 */
import type { Manifest } from '@shoal/release'
import { PeerError } from '../error.ts'
import { copyChunks } from './copy-chunks.ts'
import type { Disk } from './disk.ts'
import type { Earlier } from './earlier.ts'
import { hasDigest } from './extents.ts'
import { foldersOf, makeFolders } from './folders.ts'
import { readJournal } from './journal.ts'
import type { Layout } from './layout.ts'
import { shareFiles } from './share-files.ts'
import { StagedRelease } from './staging.ts'
import { survey } from './survey.ts'

export interface StageRequest {
  readonly disk: Disk
  readonly layout: Layout
  readonly manifest: Manifest
  /** Installed releases to take from, the likeliest first; read only when their turn comes. */
  readonly earlier: () => AsyncIterable<Earlier>
  readonly onClose: () => void
  readonly signal: AbortSignal
}

export async function stageRelease(request: StageRequest): Promise<StagedRelease> {
  const staged = new StagedRelease(request.disk, request.layout, request.manifest, request.onClose)
  try {
    await prepare(request, staged)
    return staged
  } catch (error) {
    await staged[Symbol.asyncDispose]()
    throw error
  }
}

async function prepare(
  { disk, layout, manifest, earlier, signal }: StageRequest,
  staged: StagedRelease,
): Promise<void> {
  const { places, files } = staged
  const claims = await readJournal(disk, layout, manifest.id, manifest.chunks.count)
  const tree = await makeFolders(disk, files.root, foldersOf(manifest))
  const holds =
    tree === 'new' ? new Uint8Array(places.count) : await survey(disk, manifest, places, files, claims, signal)
  staged.resumedBytes = heldBytes(staged, holds)

  for await (const release of earlier()) await shareFiles(disk, { manifest, places, files, holds }, release, signal)
  await evenOut(disk, staged, holds, signal)
  await staged.startJournal()
  await checkRoom(disk, layout, staged, holds)
  if (staged.missingBytes > 0) {
    for await (const release of earlier()) {
      await copyChunks(disk, staged, release, signal)
      if (staged.missingBytes === 0) break
    }
  }
  staged.reusedBytes = manifest.chunks.bytes - staged.missingBytes - staged.resumedBytes
}

/** Bytes of the chunks that at least one place holds. */
function heldBytes({ manifest, places }: StagedRelease, holds: Uint8Array): number {
  let bytes = 0
  for (let chunk = 0; chunk < manifest.chunks.count; chunk++) {
    if (places.ofChunk(chunk).some((place) => holds[place] === 1)) bytes += manifest.chunks.sizes[chunk] ?? 0
  }
  return bytes
}

/** A chunk counts as here once all its places hold it. */
async function evenOut(disk: Disk, staged: StagedRelease, holds: Uint8Array, signal: AbortSignal): Promise<void> {
  const { manifest, places, files } = staged
  for (let chunk = 0; chunk < manifest.chunks.count; chunk++) {
    const all = places.ofChunk(chunk)
    const from = all.find((place) => holds[place] === 1)
    if (from === undefined) continue
    if (all.some((place) => holds[place] === 0)) {
      signal.throwIfAborted()
      const bytes = new Uint8Array(manifest.chunks.sizes[chunk] ?? 0)
      await files.pool.use(places.file[from] ?? 0, (fd) => disk.read(fd, bytes, places.offset[from] ?? 0))
      if (!hasDigest(bytes, manifest.chunks.digest(chunk))) continue
      await staged.fill([{ chunk, bytes }], (place) => holds[place] === 0)
    }
    staged.add(chunk)
  }
}

const FILE_SLACK_BYTES = 4096

async function checkRoom(disk: Disk, layout: Layout, staged: StagedRelease, holds: Uint8Array): Promise<void> {
  const { manifest, places, files } = staged
  let needed = 0
  for (let place = 0; place < places.count; place++) {
    const chunk = places.chunk[place] ?? 0
    if (holds[place] === 0 && !staged.hasChunk(chunk)) needed += manifest.chunks.sizes[chunk] ?? 0
  }
  for (let file = 0; file < places.files.length; file++) if (files.isAbsent(file)) needed += FILE_SLACK_BYTES
  const free = await disk.freeBytes(layout.out)
  if (free >= needed) return
  const text = `not enough room in ${layout.out}: ${needed} bytes are needed, ${free} are free; free some space or choose another folder`
  throw new PeerError('DISK_FULL', text)
}
