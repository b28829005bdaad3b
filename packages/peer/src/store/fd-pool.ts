import type { Disk } from './disk.ts'

interface Open {
  readonly fd: Promise<number>
  users: number
  /** Counted in uses of the pool. */
  usedAt: number
  unwanted: boolean
  settled: boolean
}

/** A bounded number of open descriptors, least recently used closed first. Descriptors in use are never closed. */
export class FdPool {
  readonly #disk: Pick<Disk, 'close'>
  readonly #max: number
  readonly #openFile: (file: number) => Promise<number>
  readonly #open = new Map<number, Open>()
  /** Open or being opened or closed. */
  #count = 0
  #uses = 0
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
      await this.#release(entry)
    }
  }

  /** One after the other, every descriptor that is open. */
  async eachOpen(work: (fd: number) => Promise<void>): Promise<void> {
    for (const entry of [...this.#open.values()]) {
      if (entry.unwanted) continue
      entry.users += 1
      try {
        // Whoever wanted it hears why it could not be opened.
        const fd = await entry.fd.catch(() => undefined)
        if (fd !== undefined) await work(fd)
      } finally {
        await this.#release(entry)
      }
    }
  }

  /** The next use opens the file anew. */
  async drop(file: number): Promise<void> {
    const entry = this.#open.get(file)
    if (entry === undefined) return
    this.#open.delete(file)
    entry.unwanted = true
    await this.#settle(entry)
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
        known.users += 1
        known.usedAt = ++this.#uses
        return known
      }
      if (this.#count < this.#max) {
        this.#count += 1
        return this.#add(file)
      }
      const idle = this.#longestIdle()
      if (idle === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else await this.drop(idle)
    }
  }

  #longestIdle(): number | undefined {
    let file: number | undefined
    let usedAt = Infinity
    for (const [each, entry] of this.#open) {
      if (entry.users > 0 || entry.usedAt >= usedAt) continue
      file = each
      usedAt = entry.usedAt
    }
    return file
  }

  #add(file: number): Open {
    const entry: Open = {
      fd: this.#openFile(file),
      users: 1,
      usedAt: ++this.#uses,
      unwanted: this.#closed,
      settled: false,
    }
    if (!this.#closed) this.#open.set(file, entry)
    entry.fd.catch(() => {
      entry.unwanted = true
      if (this.#open.get(file) === entry) this.#open.delete(file)
    })
    return entry
  }

  async #release(entry: Open): Promise<void> {
    entry.users -= 1
    await this.#settle(entry)
    this.#wake()
  }

  /** Closes what nobody wants or uses any more; once, although several may find that out. */
  async #settle(entry: Open): Promise<void> {
    if (!entry.unwanted || entry.users > 0 || entry.settled) return
    entry.settled = true
    try {
      const fd = await entry.fd.catch(() => undefined)
      if (fd !== undefined) await this.#disk.close(fd)
    } finally {
      this.#count -= 1
      this.#wake()
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
