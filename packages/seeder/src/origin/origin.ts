/**
 * The store behind everything: a directory now, an object store later. Immutable objects are put once and never replaced; the
 * few mutable ones are replaced on condition, so that of two publishers one learns of the other.
 */
export interface Origin {
  /** Names it to people and in journals. */
  readonly uri: string
  /** A folder whose files `put` can take over without copying. */
  readonly spool?: string | undefined
  stat(path: string): Promise<{ sizeBytes: number } | undefined>
  /** Throws ORIGIN_CORRUPT for an object larger than `bytesMax`. */
  get(path: string, bytesMax: number): Promise<OriginObject | undefined>
  /** Fewer bytes only where the object ends. */
  getRange(path: string, offset: number, length: number): Promise<Uint8Array | undefined>
  /** Stores an immutable object, whole or not at all; one that is there stays as it is. */
  put(path: string, body: OriginBody): Promise<'stored' | 'exists'>
  /** Replaces a mutable object if its tag is still `expected` (undefined: if there is none). */
  replace(path: string, bytes: Uint8Array, expected: string | undefined): Promise<'stored' | 'changed'>
}

export interface OriginObject {
  bytes: Uint8Array
  /** Changes with the content. */
  tag: string
}

/** Bytes, or a finished file; a file is the origin's from then on, to move or to remove. */
export type OriginBody = Uint8Array | { file: string; sizeBytes: number; sha256: string }
