import type { BigIntStats } from 'node:fs'

/** What tells that a file is still the one that was verified. Change time is of no use here: a further hard link changes it. */
export type Stamp = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ino'>

const FIELDS = 3

/** One stamp a file, flat: 24 bytes each. A file without a stamp matches nothing. */
export class Stamps {
  readonly values: BigUint64Array

  constructor(files: number, values = new BigUint64Array(files * FIELDS)) {
    this.values = values
  }

  get files(): number {
    return this.values.length / FIELDS
  }

  set(file: number, stamp: Stamp): void {
    this.values[file * FIELDS] = stamp.size
    this.values[file * FIELDS + 1] = stamp.mtimeNs
    this.values[file * FIELDS + 2] = stamp.ino
  }

  forget(file: number): void {
    this.values.fill(0n, file * FIELDS, (file + 1) * FIELDS)
  }

  matches(file: number, stamp: Stamp): boolean {
    const ino = this.values[file * FIELDS + 2]
    return (
      ino !== undefined &&
      ino !== 0n &&
      ino === stamp.ino &&
      this.values[file * FIELDS] === stamp.size &&
      this.values[file * FIELDS + 1] === stamp.mtimeNs
    )
  }

  /** Forgets files modified at `sinceNs` or later. */
  forgetSince(sinceNs: bigint): void {
    for (let file = 0; file < this.files; file++) {
      if ((this.values[file * FIELDS + 1] ?? 0n) >= sinceNs) this.forget(file)
    }
  }
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs
}
