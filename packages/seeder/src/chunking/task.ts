import type { Chunking } from '@shoal/release'

/** What the main thread asks of a worker, and what it gets. Buffers are transferred, never copied. */
export type WorkerTask = ChunkTask | CompressTask

export interface ChunkTask {
  kind: 'chunk'
  root: string
  chunking: Chunking
  files: readonly { path: string; size: number; mtimeNs: bigint; ino: bigint }[]
}

export interface ChunkedFile {
  sha256: Uint8Array
  /** 32 bytes a chunk. */
  digests: Uint8Array
  sizes: Uint32Array
}

export interface CompressTask {
  kind: 'compress'
  root: string
  level: number
  runs: readonly ChunkRun[]
  /** Where the frames go; large enough for all of them. */
  out: Uint8Array<ArrayBuffer>
}

/** Chunks that follow each other in a file. */
export interface ChunkRun {
  path: string
  offset: number
  sizes: readonly number[]
  /** What they must hash to, 32 bytes a chunk. */
  digests: Uint8Array
}

export interface Frames {
  /** Concatenated, at the start of `out`. */
  lengths: Uint32Array
  out: Uint8Array<ArrayBuffer>
}

export interface TaskResults {
  chunk: ChunkedFile[]
  compress: Frames
}

export type WorkerReply =
  | { kind: 'progress'; bytes: number }
  | { kind: 'done'; result: TaskResults[keyof TaskResults] }
  | { kind: 'failed'; code: 'SOURCE_UNREADABLE' | 'SOURCE_CHANGED'; message: string }
