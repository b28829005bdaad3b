import type { Source } from '../swarm/index.ts'

/** What the two ways of fetching tell the download. */
export interface Delivery {
  progressed(from: Source, span: number, bytes: number): void
  /** The asked chunks of the span, one after another, not verified yet. Resolves when they are on disk, or refused. */
  delivered(from: Source, span: number, chunks: readonly number[], content: Uint8Array): Promise<void>
  failed(from: Source, span: number, cause: 'refused' | 'busy' | 'lost'): void
}
