import type { ReleaseId } from '@shoal/release'

export interface PublishOptions {
  /** The folder to publish. */
  source: string
  /** The folder of a repository that `initRepository` made. */
  repository: string
  /** A folder or a URI. */
  origin: string
  /** May be left out when the repository is of one product. */
  product?: string | undefined
  channel: string
  version: string
  /** 'any' by default. */
  platform?: string | undefined
  /** zstd, 3 by default. */
  level?: number | undefined
  /** Threads; one a core by default. */
  workers?: number | undefined
  /** Of the keys that are encrypted. */
  passphrase?: string | undefined
}

export interface PublishDependencies {
  signal?: AbortSignal
  onEvent?: (event: PublishEvent) => void
  random?: () => number
  now?: () => Date
}

/** How far a publish is. */
export type PublishEvent =
  | { phase: 'scan'; files: number; bytes: number; ended: boolean }
  | { phase: 'chunk'; doneBytes: number; totalBytes: number }
  | {
      phase: 'stock'
      chunks: number
      newChunks: number
      newBytes: number
      reusedShare: number
      previousVersion?: string | undefined
    }
  | { phase: 'upload'; doneBytes: number; totalBytes: number }
  | { phase: 'uploaded'; packs: number; uploadedBytes: number }
  | { phase: 'verify'; done: number; total: number }
  | { phase: 'sign'; role: string; keyIds: string[]; counter: number; isNew: boolean }
  | { phase: 'warning'; message: string }

export interface PublishSummary {
  release: ReleaseId
  product: string
  channel: string
  version: string
  platform: string
  files: number
  /** Of all files. */
  bytes: number
  /** Distinct ones. */
  chunks: number
  /** In no earlier release at this origin; uncompressed. */
  newChunks: number
  newBytes: number
  /** Written to the origin by this run: packs, blocks, index and metadata. */
  uploadedBytes: number
  /** Written by this run. */
  packs: number
  /** Of the bytes of distinct chunks. */
  reusedShare: number
  /** What the channel offered before. */
  previous?: { version: string; release: ReleaseId }
  /** Of the release in its channel; a device never goes back to a lower one. */
  counter: number
  /** What the channel needs before it offers the release; absent when it does. */
  signatures?: { have: number; need: number }
  elapsedMs: number
  alreadyPublished: boolean
}
