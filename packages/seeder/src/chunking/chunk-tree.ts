import type { Chunking, EntryInput } from '@shoal/release'
import { SCAN_BATCH_BYTES, SCAN_BATCH_FILES } from '../limits.ts'
import type { SourceFile, SourceTree } from '../tree/tree.ts'
import { unflatten } from './chunked-files.ts'
import type { ChunkedFile } from './task.ts'
import type { WorkerPool } from './worker-pool.ts'

/** Chunks and hashes every file of a tree, the biggest first, so that no core waits long for the last one. */
export async function chunkTree(
  tree: SourceTree,
  chunking: Chunking,
  pool: WorkerPool,
  onProgress: (bytes: number) => void,
): Promise<EntryInput[]> {
  const batches = batchFiles(tree.files)
  const entries: EntryInput[] = [
    ...tree.directories.map((path) => ({ kind: 'directory' as const, path })),
    ...tree.symlinks.map(({ path, target }) => ({ kind: 'symlink' as const, path, target })),
  ]
  let next = 0
  const drain = async (): Promise<void> => {
    for (let batch = batches[next++]; batch !== undefined; batch = batches[next++]) {
      const files = batch.map(({ path, size, mtimeMs, ino }) => ({ path, size, mtimeMs, ino }))
      const chunked = await pool.run({ kind: 'chunk', root: tree.root, chunking, files }, onProgress)
      unflatten(chunked).forEach((chunks, at) => {
        const file = batch[at]
        if (file !== undefined) entries.push(fileEntry(file, chunks))
      })
    }
  }
  await Promise.all(Array.from({ length: pool.size }, drain))
  return entries
}

export function batchFiles(files: readonly SourceFile[]): SourceFile[][] {
  const batches: SourceFile[][] = []
  let batch: SourceFile[] = []
  let bytes = 0
  for (const file of files.toSorted((a, b) => b.size - a.size)) {
    if (batch.length === SCAN_BATCH_FILES || (batch.length > 0 && bytes + file.size > SCAN_BATCH_BYTES)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(file)
    bytes += file.size
  }
  return batch.length === 0 ? batches : [...batches, batch]
}

function fileEntry({ path, size, executable }: SourceFile, { sha256, digests, sizes }: ChunkedFile): EntryInput {
  return { kind: 'file', path, size, executable, sha256, chunks: { digests, sizes } }
}
