import type { Manifest } from '@shoal/release'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { createCoverage } from './coverage.ts'
import type { Disk } from './disk.ts'
import { each } from './each.ts'
import { hasDigest } from './extents.ts'
import { finishTree } from './finish.ts'
import { ReleaseHolding, type Holding } from './holding.ts'
import { startJournal, type Journal } from './journal.ts'
import type { Layout } from './layout.ts'
import { placesOf, type Places } from './places.ts'
import { planWrites, type ChunkBytes } from './plan-writes.ts'
import { StagedFiles } from './staged-files.ts'

/** A release that is being assembled. */
export interface Staging extends Holding {
  /** Bytes of chunks that installed releases gave, and that an earlier, interrupted run had already. */
  readonly reusedBytes: number
  readonly resumedBytes: number
  readonly missingBytes: number
  missingChunks(span: number): number[]
  /** `bytes` are the chunks, one after the other. CHUNK_MISMATCH, and nothing written, unless every one has its digest. */
  writeChunks(span: number, chunks: readonly number[], bytes: Uint8Array): Promise<void>
  /** Has the disk take what open files got so far, so that `finish` waits for less. */
  syncAhead(): Promise<void>
  /**
   * Makes the release durable and moves it to the installed ones; it stays readable here. CHUNK_GONE when a file shared with an
   * installed release was changed meanwhile: its chunks are missing again, and finish may be called once they are written.
   */
  finish(): Promise<void>
}

/** Chunks that are being written. */
interface Batch {
  readonly chunks: readonly ChunkBytes[]
  readonly written: Promise<void>
}

export class StagedRelease extends ReleaseHolding implements Staging {
  readonly places: Places
  readonly files: StagedFiles
  reusedBytes = 0
  resumedBytes = 0
  readonly #disk: Disk
  readonly #layout: Layout
  readonly #onClose: () => void
  readonly #batches = new Set<Batch>()
  #journal: Journal | undefined

  constructor(disk: Disk, layout: Layout, manifest: Manifest, onClose: () => void) {
    const coverage = createCoverage(manifest)
    const places = placesOf(manifest)
    const lose = (file: number): void => {
      for (const chunk of places.files[file]?.chunks ?? []) coverage.remove(chunk)
    }
    const files = new StagedFiles(disk, layout.staged(manifest.id), places, lose)
    const trusts = async (file: number, fd: number): Promise<boolean> =>
      !files.isSealed(file) || files.stamps.matches(file, await disk.stat(fd))
    super(manifest, { disk, chunks: manifest.chunks, places, coverage, pool: files.pool, trusts })
    this.places = places
    this.files = files
    this.#disk = disk
    this.#layout = layout
    this.#onClose = onClose
  }

  get missingBytes(): number {
    return this.source.coverage.missingBytes
  }
  missingChunks(span: number): number[] {
    return this.source.coverage.missingChunks(span)
  }

  async writeChunks(_span: number, chunks: readonly number[], bytes: Uint8Array): Promise<void> {
    await this.store(verifyChunks(this.manifest, chunks, bytes))
  }

  syncAhead(): Promise<void> {
    return this.#describingFullDisk(() => this.files.pool.eachOpen((fd) => this.#disk.sync(fd)))
  }

  /** Writes verified chunks. One that is here, or that another call is writing, is not written again. */
  async store(chunks: readonly ChunkBytes[]): Promise<void> {
    const elsewhere = new Set<Promise<void>>()
    const mine: ChunkBytes[] = []
    for (const each of chunks) {
      if (this.hasChunk(each.chunk)) continue
      const other = this.#batchOf(each.chunk)
      if (other === undefined) mine.push(each)
      else elsewhere.add(other.written)
    }
    const batch = { chunks: mine, written: mine.length === 0 ? Promise.resolve() : this.#write(mine) }
    this.#batches.add(batch)
    try {
      await Promise.all([batch.written, ...elsewhere])
    } finally {
      await batch.written.catch(() => undefined)
      this.#batches.delete(batch)
    }
  }

  /** Begins the journal, with the chunks that are here. */
  async startJournal(): Promise<void> {
    const present = function* (this: StagedRelease): Generator<number> {
      for (let chunk = 0; chunk < this.manifest.chunks.count; chunk++) if (this.hasChunk(chunk)) yield chunk
    }
    this.#journal = await startJournal(this.#disk, this.#layout, this.manifest.id, present.call(this))
  }

  /** A chunk that all its places hold. */
  add(chunk: number): void {
    this.source.coverage.add(chunk)
  }

  /** Writes verified chunks to those of their places that `wanted` names, without entering them in the journal. */
  async fill(chunks: readonly ChunkBytes[], wanted?: (place: number) => boolean): Promise<void> {
    let losses: number
    do {
      losses = this.files.losses
      const plan = planWrites(this.places, chunks, wanted)
      await each(plan, LIMITS.fileOperationsMax, ({ file, pieces }) => this.files.write(file, pieces))
    } while (losses !== this.files.losses)
  }

  async finish(): Promise<void> {
    await this.#settled()
    if (!this.complete) throw new Error(`release ${this.manifest.id} lacks ${this.missingBytes} bytes`)
    await this.#describingFullDisk(() => finishTree(this.#disk, this.#layout, this.manifest, this.files))
    await this.#closeJournal()
    await this.#disk.remove(this.#layout.journal(this.manifest.id))
    this.#onClose()
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#settled()
    await super[Symbol.asyncDispose]()
    await this.#closeJournal()
    this.#onClose()
  }

  /** There are few at a time, and few chunks in each: a map of chunks would be made anew every few spans. */
  #batchOf(chunk: number): Batch | undefined {
    for (const batch of this.#batches) if (batch.chunks.some((each) => each.chunk === chunk)) return batch
    return undefined
  }

  async #settled(): Promise<void> {
    await Promise.allSettled(Array.from(this.#batches, ({ written }) => written))
  }

  async #write(chunks: readonly ChunkBytes[]): Promise<void> {
    const journal = this.#journal
    if (journal === undefined) throw new Error(`staging of ${this.manifest.id} is closed`)
    const ids = chunks.map(({ chunk }) => chunk)
    await this.#describingFullDisk(async () => {
      await this.fill(chunks)
      await journal.append(ids)
    })
    for (const chunk of ids) this.source.coverage.add(chunk)
  }

  async #describingFullDisk(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      if (!(cause instanceof PeerError && cause.code === 'DISK_FULL')) throw cause
      const free = await this.#disk.freeBytes(this.#layout.out).catch(() => 0)
      const text = `the disk of ${this.#layout.out} is full: ${this.missingBytes} bytes are still needed, ${free} are free; free some space and start again (what is here is kept)`
      throw new PeerError('DISK_FULL', text, { cause })
    }
  }

  async #closeJournal(): Promise<void> {
    const journal = this.#journal
    this.#journal = undefined
    await journal?.close()
  }
}

function verifyChunks({ chunks: table }: Manifest, chunks: readonly number[], bytes: Uint8Array): ChunkBytes[] {
  let at = 0
  const verified = chunks.map((chunk) => {
    const part = bytes.subarray(at, at + (table.sizes[chunk] ?? 0))
    at += part.length
    if (part.length !== table.sizes[chunk] || !hasDigest(part, table.digest(chunk))) {
      throw new PeerError('CHUNK_MISMATCH', `chunk ${chunk}: the bytes do not have its digest`)
    }
    return { chunk, bytes: part }
  })
  if (at !== bytes.length)
    throw new PeerError('CHUNK_MISMATCH', `${bytes.length - at} bytes too many after chunk ${chunks.at(-1) ?? -1}`)
  return verified
}
