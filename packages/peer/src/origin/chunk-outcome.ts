import type { PeerError } from '../error.ts'

/** A verified chunk, or why there is none. `bytes` belong to the caller. */
export type ChunkOutcome =
  { chunk: number; bytes: Uint8Array; error?: never } | { chunk: number; error: PeerError; bytes?: never }
