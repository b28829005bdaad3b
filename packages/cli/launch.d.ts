/** What a bundle was made of; it is used only while all of that is as it was. */
export interface BundleRecord {
  /** Its program, below `dist`. */
  entry: string
  /** Path from the folder of the package, size in bytes, time of the last change in ms. */
  madeOf: [path: string, sizeBytes: number, modifiedMs: number][]
}

export function launch(
  scriptUrl: string,
  entry: string,
  flags?: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<void>

/** The file of a program's bundle; undefined when there is none, or one of other sources than there are now. */
export function findBundle(folder: string): string | undefined
