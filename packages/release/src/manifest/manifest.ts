import type { BlockId, ReleaseId } from '../cid.ts'
import type { Chunking } from '../chunking/choose.ts'
import type { ChunkTable } from './chunk-table.ts'
import type { Entry } from './entry.ts'
import type { SpanTable } from './span.ts'

/** A release as a peer uses it: read from its blocks and held to every rule. */
export interface Manifest {
  readonly id: ReleaseId
  readonly product: string
  readonly version: string
  readonly platform: string
  readonly chunking: Chunking
  /** Sum of the sizes of all files. */
  readonly sizeBytes: number
  /** In the order of their paths' bytes. */
  readonly entries: readonly Entry[]
  readonly chunks: ChunkTable
  readonly spans: SpanTable
  /** Every block once: chunk lists, then entry lists, then the root. */
  readonly blockIds: readonly BlockId[]
}
