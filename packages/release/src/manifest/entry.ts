/** What a release holds at a path. Folders appear only when empty; all others follow from the paths. */
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry

export interface FileEntry {
  kind: 'file'
  path: string
  size: number
  executable: boolean
  sha256: Uint8Array
  /** Indices into the manifest's chunk table, in file order. */
  chunks: Uint32Array
}

export interface DirectoryEntry {
  kind: 'directory'
  path: string
}

export interface SymlinkEntry {
  kind: 'symlink'
  path: string
  target: string
}

/** What `encodeManifest` takes: files carry their chunks' digests and sizes themselves. */
export type EntryInput = (Omit<FileEntry, 'chunks'> & { chunks: FileChunks }) | DirectoryEntry | SymlinkEntry

export interface FileChunks {
  /** 32 bytes a chunk, in file order. */
  digests: Uint8Array
  sizes: Uint32Array
}
