import type { Chunking } from '@shoal/release'

/** What the main thread asks of a worker, and what it gets. Buffers are transferred, never copied. */
export type WorkerTask = ChunkTask | CompressTask

export interface ChunkTask {
  kind: 'chunk'
  root: string
  chunking: Chunking
  files: readonly { path: string; size: number; mtimeMs: number; ino: number }[]
}

/** A file's sha256, and the digest and size of each chunk. */
export interface ChunkedFile {
  sha256: Uint8Array
  /** 32 bytes a chunk. */
  digests: Uint8Array
  sizes: Uint32Array
}

/** All files of a task in flat buffers, which travel without a copy. */
export interface ChunkedFiles {
  /** Of each file: 32 bytes. */
  sha256: Uint8Array<ArrayBuffer>
  /** Chunks of each file; the two below hold them one behind another. */
  counts: Uint32Array<ArrayBuffer>
  digests: Uint8Array<ArrayBuffer>
  sizes: Uint32Array<ArrayBuffer>
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
  chunk: ChunkedFiles
  compress: Frames
}

export type WorkerReply =
  | { kind: 'progress'; bytes: number }
  | { kind: 'done'; result: TaskResults[keyof TaskResults] }
  | { kind: 'failed'; code: 'SOURCE_UNREADABLE' | 'SOURCE_CHANGED'; message: string }
