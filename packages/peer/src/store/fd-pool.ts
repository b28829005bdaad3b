import type { Disk } from './disk.ts'

interface Open {
  readonly fd: Promise<number>
  users: number
  unwanted: boolean
}

/** A bounded number of open descriptors, least recently used closed first. Descriptors in use are never closed. */
export class FdPool {
  readonly #disk: Pick<Disk, 'close'>
  readonly #max: number
  readonly #openFile: (file: number) => Promise<number>
  readonly #open = new Map<number, Open>()
  #waiting: (() => void)[] = []
  #closed = false

  constructor(disk: Pick<Disk, 'close'>, max: number, openFile: (file: number) => Promise<number>) {
    this.#disk = disk
    this.#max = max
    this.#openFile = openFile
  }

  async use<T>(file: number, work: (fd: number) => Promise<T>): Promise<T> {
    const entry = await this.#take(file)
    try {
      return await work(await entry.fd)
    } finally {
      await this.#release(file, entry)
    }
  }

  /** The next use opens the file anew. */
  async drop(file: number): Promise<void> {
    const entry = this.#open.get(file)
    if (entry === undefined) return
    this.#open.delete(file)
    entry.unwanted = true
    if (entry.users === 0) await this.#close(entry)
  }

  async dropAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((file) => this.drop(file)))
  }

  /** From now on nothing is kept open; who still comes gets a descriptor for that one use. */
  async close(): Promise<void> {
    this.#closed = true
    await this.dropAll()
  }

  async #take(file: number): Promise<Open> {
    for (;;) {
      const known = this.#open.get(file)
      if (known !== undefined) {
        this.#open.delete(file)
        this.#open.set(file, known)
        known.users += 1
        return known
      }
      if (this.#open.size < this.#max) {
        const entry = { fd: this.#openFile(file), users: 1, unwanted: this.#closed }
        if (!this.#closed) this.#open.set(file, entry)
        return entry
      }
      const idle = [...this.#open].find(([, entry]) => entry.users === 0)
      if (idle === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else await this.drop(idle[0])
    }
  }

  async #release(file: number, entry: Open): Promise<void> {
    entry.users -= 1
    const failed = await entry.fd.then(
      () => false,
      () => true,
    )
    if (failed) {
      if (this.#open.get(file) === entry) this.#open.delete(file)
    } else if (entry.unwanted && entry.users === 0) {
      await this.#close(entry)
    }
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  async #close(entry: Open): Promise<void> {
    await this.#disk.close(await entry.fd)
  }
}
