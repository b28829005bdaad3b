/**
 * The files of a tree being assembled. A file is absent, own (made here, of its full size, only ever written here) or sealed (shared
 * with an installed release by a hard link, or finished): a sealed file is never opened for writing, and is believed only
 * while its stamp matches. Own files lie in a folder that nobody else may enter, and are believed as they are while the lock is held.
 *
 * New files are always created (O_EXCL), never opened, so that nothing planted at their path is written into.
 */
import { constants } from 'node:fs'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Disk } from './disk.ts'
import { isErrno } from './disk-error.ts'
import { FdPool } from './fd-pool.ts'
import type { FileEntry, Places } from './places.ts'
import { Stamps, type Stamp } from './stamps.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
const ABSENT = 0
const OWN = 1
const SEALED = 2

export interface Piece {
  readonly offset: number
  readonly bytes: Uint8Array
}

export class StagedFiles {
  readonly stamps: Stamps
  readonly pool: FdPool
  readonly #disk: Disk
  readonly #files: readonly FileEntry[]
  readonly #states: Uint8Array
  readonly #onLost: (file: number) => void
  #root: string
  #losses = 0

  constructor(disk: Disk, root: string, places: Places, onLost: (file: number) => void) {
    this.#disk = disk
    this.#root = root
    this.#files = places.files
    this.#states = new Uint8Array(places.files.length)
    this.stamps = new Stamps(places.files.length)
    this.pool = new FdPool(disk, LIMITS.openFilesMax, (file) => this.#open(file))
    this.#onLost = onLost
  }

  get root(): string {
    return this.#root
  }
  /** Rises whenever a file was lost: what was written meanwhile may have gone into the lost one. */
  get losses(): number {
    return this.#losses
  }
  entry(file: number): FileEntry {
    const entry = this.#files[file]
    if (entry === undefined) throw new Error(`no file ${file}`)
    return entry
  }
  path(file: number): string {
    return `${this.#root}/${this.entry(file).path}`
  }
  isSealed(file: number): boolean {
    return this.#states[file] === SEALED
  }
  isAbsent(file: number): boolean {
    return this.#states[file] === ABSENT
  }
  /** Found at resume, of the right size, and nobody else's. */
  adopt(file: number): void {
    this.#states[file] = OWN
  }
  seal(file: number, stamp: Stamp): void {
    this.#states[file] = SEALED
    this.stamps.set(file, stamp)
  }

  /** The tree was renamed; from here on it is installed and nobody writes into it. */
  async moveTo(root: string): Promise<void> {
    this.#root = root
    this.#states.fill(SEALED)
    await this.pool.dropAll()
  }

  /** Takes the file out of the tree, with all that it held. */
  async discard(file: number): Promise<void> {
    this.#states[file] = ABSENT
    this.stamps.forget(file)
    this.#losses += 1
    this.#onLost(file)
    await this.pool.drop(file)
    await this.#disk.remove(this.path(file))
  }

  async write(file: number, pieces: readonly Piece[]): Promise<void> {
    const [first, second] = pieces
    const whole = second === undefined && first?.offset === 0 && first.bytes.length === this.entry(file).size
    if (whole && this.isAbsent(file)) return this.#writeWhole(file, first.bytes)
    try {
      await this.#writeThrough(file, pieces)
    } catch (error) {
      if (!(error instanceof PeerError && error.code === 'CHUNK_GONE')) throw error
      // The file had vanished and was discarded: it is made anew.
      await this.#writeThrough(file, pieces)
    }
  }

  async #writeThrough(file: number, pieces: readonly Piece[]): Promise<void> {
    // A chunk of a shared file is written only when the file was found changed: then it is ours to make anew.
    if (this.isSealed(file)) await this.discard(file)
    await this.pool.use(file, async (fd) => {
      for (const { offset, bytes } of pieces) await this.#disk.write(fd, bytes, offset)
    })
  }

  // Most files of most trees: three system calls, and no place in the pool.
  async #writeWhole(file: number, bytes: Uint8Array): Promise<void> {
    this.#states[file] = OWN
    try {
      const fd = await createFile(this.#disk, this.path(file), this.entry(file))
      try {
        await this.#disk.write(fd, bytes, 0)
      } finally {
        await this.#disk.close(fd)
      }
    } catch (error) {
      this.#states[file] = ABSENT
      await this.#disk.remove(this.path(file)).catch(() => undefined)
      throw error
    }
  }

  async #open(file: number): Promise<number> {
    const path = this.path(file)
    if (this.isSealed(file)) return this.#disk.open(path, O_RDONLY | O_NOFOLLOW)
    if (this.isAbsent(file)) {
      const fd = await createFile(this.#disk, path, this.entry(file))
      try {
        await this.#disk.truncate(fd, this.entry(file).size)
      } catch (error) {
        await this.#disk.close(fd)
        await this.#disk.remove(path).catch(() => undefined)
        throw error
      }
      this.#states[file] = OWN
      return fd
    }
    const fd = await this.#openOwn(path, BigInt(this.entry(file).size))
    if (fd !== undefined) return fd
    await this.discard(file)
    throw new PeerError('CHUNK_GONE', `${path} was changed by somebody else while it was assembled`)
  }

  async #openOwn(path: string, size: bigint): Promise<number | undefined> {
    let fd: number
    try {
      fd = await this.#disk.open(path, O_RDWR | O_NOFOLLOW)
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR', 'EISDIR')) return undefined
      throw error
    }
    const stat = await this.#disk.stat(fd)
    if (stat.isFile() && stat.nlink === 1n && stat.size === size) return fd
    await this.#disk.close(fd)
    return undefined
  }
}

export function modeOf(entry: FileEntry): number {
  return entry.executable ? 0o755 : 0o644
}

/** A new file, open for writing; whatever was at the path is removed. */
export async function createFile(disk: Disk, path: string, entry: FileEntry): Promise<number> {
  const flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
  try {
    return await disk.open(path, flags, modeOf(entry))
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    await disk.remove(path)
    return disk.open(path, flags, modeOf(entry))
  }
}
