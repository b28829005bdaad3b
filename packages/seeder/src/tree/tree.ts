/** What a folder holds, as found by one walk. Paths are relative, with '/'. */
export interface SourceTree {
  /** Absolute path of the folder. */
  root: string
  files: readonly SourceFile[]
  /** Empty ones only. */
  directories: readonly string[]
  symlinks: readonly { path: string; target: string }[]
  sizeBytes: number
}

export interface SourceFile {
  path: string
  size: number
  executable: boolean
  /** At the time of the walk: a file that differs when read has changed. */
  mtimeMs: number
  ino: number
}
