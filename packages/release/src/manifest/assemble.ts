import type { BlockId, ReleaseId } from '../cid.ts'
import { addChunks } from './chunk-list.ts'
import { createChunkTable } from './chunk-table.ts'
import type { Entry } from './entry.ts'
import type { WireEntry } from './entry-wire.ts'
import type { Manifest } from './manifest.ts'
import { refuse } from './refuse.ts'
import type { Root } from './root.ts'
import { buildSpans } from './span.ts'
import { createTreeCheck } from './tree.ts'

export interface Assembly {
  /** The next entry in order, with all its chunk items when it is a file, in as many parts as they come in. */
  add(entry: WireEntry, items?: readonly Uint8Array[]): void
  readonly chunks: number
  readonly sizeBytes: number
  finish(id: ReleaseId, root: Root, blockIds: readonly BlockId[]): Manifest
}

/** Builds a manifest entry by entry. Writer and reader share it, so that neither passes what the other refuses. */
export function assemble(chunking: Root['chunking'], chunksExpected?: number): Assembly {
  const tree = createTreeCheck()
  const table = createChunkTable(chunksExpected)
  const entries: Entry[] = []
  let chunks = 0
  let sizeBytes = 0
  return {
    get chunks() {
      return chunks
    },
    get sizeBytes() {
      return sizeBytes
    },
    add(entry, items = []) {
      tree.add(entry)
      if (entry.kind !== 'file') {
        entries.push(entry)
        return
      }
      const { kind, path, size, executable, sha256 } = entry
      const indices = addChunks(table, entry, items, chunking)
      chunks += indices.length
      sizeBytes += size
      entries.push({ kind, path, size, executable, sha256, chunks: indices })
    },
    finish(id, root, blockIds) {
      if (root.entries !== entries.length) {
        refuse('entry-count', `the root states ${root.entries} entries, the lists hold ${entries.length}`)
      }
      if (root.chunks !== chunks)
        refuse('chunk-count', `the root states ${root.chunks} chunks, the files have ${chunks}`)
      if (root.sizeBytes !== sizeBytes) {
        refuse('size-release', `the root states ${root.sizeBytes} bytes, the files have ${sizeBytes}`)
      }
      const finished = table.finish()
      const { product, version, platform } = root
      const spans = buildSpans(finished.sizes)
      return { id, product, version, platform, chunking, sizeBytes, entries, chunks: finished, spans, blockIds }
    },
  }
}
