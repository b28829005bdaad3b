import type { FileEntry, Manifest } from '@shoal/release'
import type { ChunkRun } from '../chunking/task.ts'
import { COMPRESS_TASK_BYTES, COMPRESS_TASK_CHUNKS } from '../limits.ts'
import type { Places } from './places.ts'

/** Chunks to compress together, in the order of the manifest. */
export interface UploadTask {
  chunks: readonly number[]
  runs: readonly ChunkRun[]
  sizeBytes: number
}

/** What the origin lacks, each chunk at its first use, neighbours in a file together. */
export function* planTasks(
  manifest: Manifest,
  places: Pick<Places, 'has'>,
  bytesMax: number = COMPRESS_TASK_BYTES,
): Generator<UploadTask, void, undefined> {
  let uses: FirstUse[] = []
  let sizeBytes = 0
  for (const use of firstUses(manifest)) {
    if (places.has(use.chunk)) continue
    const isFull = sizeBytes + use.size > bytesMax || uses.length === COMPRESS_TASK_CHUNKS
    if (isFull && uses.length > 0) {
      yield describeTask(uses, sizeBytes, manifest)
      uses = []
      sizeBytes = 0
    }
    uses.push(use)
    sizeBytes += use.size
  }
  if (uses.length > 0) yield describeTask(uses, sizeBytes, manifest)
}

interface FirstUse {
  chunk: number
  file: FileEntry
  offset: number
  size: number
}

/** Chunks are numbered by first use, so each use but the first has a smaller number than the next new chunk. */
function* firstUses(manifest: Manifest): Generator<FirstUse, void, undefined> {
  let next = 0
  for (const file of manifest.entries) {
    if (file.kind !== 'file') continue
    let offset = 0
    for (const chunk of file.chunks) {
      const size = manifest.chunks.sizes[chunk] ?? 0
      if (chunk === next) {
        yield { chunk, file, offset, size }
        next += 1
      }
      offset += size
    }
  }
}

function describeTask(uses: readonly FirstUse[], sizeBytes: number, manifest: Manifest): UploadTask {
  const runs: ChunkRun[] = []
  let first = 0
  uses.forEach((use, at) => {
    const next = uses[at + 1]
    if (next?.file === use.file && next.offset === use.offset + use.size) return
    runs.push(describeRun(uses.slice(first, at + 1), manifest))
    first = at + 1
  })
  return { chunks: uses.map((use) => use.chunk), runs, sizeBytes }
}

function describeRun(uses: readonly FirstUse[], manifest: Manifest): ChunkRun {
  const digests = new Uint8Array(uses.length * 32)
  uses.forEach((use, at) => {
    digests.set(manifest.chunks.digest(use.chunk), at * 32)
  })
  const [first] = uses
  return { path: first?.file.path ?? '', offset: first?.offset ?? 0, sizes: uses.map((use) => use.size), digests }
}
