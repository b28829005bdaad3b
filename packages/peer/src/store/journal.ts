/**
 * The resume journal of a staged release: which chunks were written, so that a restarted peer knows what to look at.
 *
 * It is only a hint. Whatever it claims is hashed again at resume, so a wrong claim costs a read and never a bad byte. What it must
 * not do is forget: a chunk is claimed after its bytes were handed to the kernel and before anybody hears that it is here, so kill -9
 * forgets at most the writes under way. It is not synced: after a power cut its end may be missing or zeros, and so may the data.
 *
 * - absent, another release's, torn, or wrong in any checksum: everything in the tree is claimed, and the hashing sorts it out;
 * - killed while resuming: the old journal stands until the new one is renamed over it.
 *
 * Bytes: magic (8), sha256 of the release id (32), crc32 of these (4), 0 (4); then records of first chunk, count, and a crc32 of both
 * seeded with the header's; all u32be.
 */
import type { ReleaseId } from '@shoal/release'
import { sha256 } from '@shoal/release'
import { constants } from 'node:fs'
import { crc32 } from 'node:zlib'
import { LIMITS } from '../limits.ts'
import { readWhole, writeAtomic } from './atomic-file.ts'
import type { Disk } from './disk.ts'
import type { Layout } from './layout.ts'

const MAGIC = new TextEncoder().encode('SHOALJ1\n')
const HEADER_BYTES = 48
const RECORD_BYTES = 12

export type Claims = 'everything' | ((chunk: number) => boolean)

export function parseJournal(id: ReleaseId, bytes: Uint8Array, chunks: number): Claims {
  const header = headerOf(id)
  if (Buffer.compare(bytes.subarray(0, HEADER_BYTES), header) !== 0) return 'everything'
  if ((bytes.length - HEADER_BYTES) % RECORD_BYTES !== 0) return 'everything'
  const seed = seedOf(header)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const claimed = new Uint8Array(chunks)
  for (let at = HEADER_BYTES; at < bytes.length; at += RECORD_BYTES) {
    const [first, count] = [view.getUint32(at), view.getUint32(at + 4)]
    if (view.getUint32(at + 8) !== crc32(bytes.subarray(at, at + 8), seed)) return 'everything'
    if (first + count > chunks) return 'everything'
    claimed.fill(1, first, first + count)
  }
  return (chunk) => claimed[chunk] === 1
}

export async function readJournal(disk: Disk, layout: Layout, id: ReleaseId, chunks: number): Promise<Claims> {
  const bytes = await readWhole(disk, layout.journal(id), LIMITS.journalBytesMax)
  return bytes === undefined ? 'everything' : parseJournal(id, bytes, chunks)
}

/** Runs of consecutive chunks as journal records. */
function encodeRuns(id: ReleaseId, chunks: Iterable<number>): Uint8Array {
  const runs: { first: number; count: number }[] = []
  for (const chunk of chunks) {
    const last = runs.at(-1)
    if (last !== undefined && last.first + last.count === chunk) last.count += 1
    else runs.push({ first: chunk, count: 1 })
  }
  const seed = seedOf(headerOf(id))
  const bytes = new Uint8Array(runs.length * RECORD_BYTES)
  const view = new DataView(bytes.buffer)
  runs.forEach(({ first, count }, index) => {
    const at = index * RECORD_BYTES
    view.setUint32(at, first)
    view.setUint32(at + 4, count)
    view.setUint32(at + 8, crc32(bytes.subarray(at, at + 8), seed))
  })
  return bytes
}

/** Replaces the journal with one that claims `chunks`, open for more. */
export async function startJournal(
  disk: Disk,
  layout: Layout,
  id: ReleaseId,
  chunks: Iterable<number>,
): Promise<Journal> {
  const bytes = Buffer.concat([headerOf(id), encodeRuns(id, chunks)])
  await writeAtomic(disk, layout.scratch, layout.journal(id), bytes, { durable: false })
  const fd = await disk.open(layout.journal(id), constants.O_WRONLY | constants.O_NOFOLLOW)
  return new Journal(disk, id, fd, bytes.length)
}

export class Journal {
  readonly #disk: Disk
  readonly #id: ReleaseId
  readonly #fd: number
  #end: number
  #pending: number[] = []
  #flushing: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(disk: Disk, id: ReleaseId, fd: number, end: number) {
    this.#disk = disk
    this.#id = id
    this.#fd = fd
    this.#end = end
  }

  /** Resolves once the claims are in the file. What is asked for while a write is under way goes into the next one, together. */
  append(chunks: readonly number[]): Promise<void> {
    for (const chunk of chunks) this.#pending.push(chunk)
    this.#next ??= this.#flushing.then(() => this.#flush())
    return this.#next
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => undefined)
    await this.#disk.close(this.#fd)
  }

  #flush(): Promise<void> {
    const bytes = encodeRuns(this.#id, this.#pending)
    this.#pending = []
    this.#next = undefined
    const write = this.#disk.write(this.#fd, bytes, this.#end).then(() => {
      this.#end += bytes.length
    })
    // A failed write leaves the end where it was: the next one goes over it.
    this.#flushing = write.catch(() => undefined)
    return write
  }
}

function headerOf(id: ReleaseId): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES)
  header.set(MAGIC)
  header.set(sha256(new TextEncoder().encode(id)), MAGIC.length)
  new DataView(header.buffer).setUint32(HEADER_BYTES - 8, crc32(header.subarray(0, HEADER_BYTES - 8)))
  return header
}

function seedOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(HEADER_BYTES - 8)
}
