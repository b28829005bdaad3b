import type { PeerError } from '../error.ts'

/** A verified chunk, or why there is none. `bytes` are valid until the next one is asked for. */
export type ChunkOutcome =
  { chunk: number; bytes: Uint8Array; error?: never } | { chunk: number; error: PeerError; bytes?: never }
