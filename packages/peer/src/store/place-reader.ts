import type { ChunkTable } from '@shoal/release'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Coverage } from './coverage.ts'
import type { Disk } from './disk.ts'
import { isErrno } from './disk-error.ts'
import { each } from './each.ts'
import { hasDigest } from './extents.ts'
import type { FdPool } from './fd-pool.ts'
import type { Places } from './places.ts'

export interface ReaderSource {
  readonly disk: Pick<Disk, 'read'>
  readonly chunks: ChunkTable
  readonly places: Places
  readonly coverage: Coverage
  readonly pool: FdPool
  /** Whether the open file still is what was verified. Asked after a read, so that a change during the read is noticed. */
  trusts(file: number, fd: number): Promise<boolean>
}

interface Run {
  readonly file: number
  readonly offset: number
  readonly chunks: number[]
  bytes: Uint8Array
}

/** Reads chunks, one after the other, into the caller's buffer: from files that are trusted as they are, from others by their hash. */
export async function readChunks(source: ReaderSource, chunks: readonly number[], into: Uint8Array): Promise<number> {
  const absent = chunks.filter((chunk) => !source.coverage.hasChunk(chunk))
  if (absent.length > 0) throw gone(absent)
  const runs = runsOf(source, chunks, into)
  const lost: number[] = []
  await each(runs, LIMITS.fileOperationsMax, async (run) => {
    if (!(await readRun(source, run))) lost.push(...(await readOneByOne(source, run)))
  })
  for (const chunk of lost) source.coverage.remove(chunk)
  if (lost.length > 0) throw gone(lost)
  return runs.reduce((sum, run) => sum + run.bytes.length, 0)
}

function gone(chunks: readonly number[]): PeerError {
  return new PeerError('CHUNK_GONE', `chunk ${chunks.slice(0, 8).join(', ')} is not here (any more)`)
}

/** Chunks that follow each other in a file are read at once. */
function runsOf({ chunks: table, places }: ReaderSource, chunks: readonly number[], into: Uint8Array): Run[] {
  const runs: Run[] = []
  let at = 0
  let last = { place: -1, file: -1 }
  for (const chunk of chunks) {
    const size = table.sizes[chunk] ?? 0
    if (at + size > into.length)
      throw new RangeError(`${into.length} bytes are too few for chunks ${chunks.join(', ')}`)
    const run = runs.at(-1)
    const next = last.place + 1
    if (run !== undefined && places.chunk[next] === chunk && places.file[next] === last.file) {
      run.chunks.push(chunk)
      run.bytes = into.subarray(run.bytes.byteOffset - into.byteOffset, at + size)
      last = { place: next, file: last.file }
    } else {
      const place = places.ofChunk(chunk)[0] ?? 0
      last = { place, file: places.file[place] ?? 0 }
      runs.push({
        file: last.file,
        offset: places.offset[place] ?? 0,
        chunks: [chunk],
        bytes: into.subarray(at, at + size),
      })
    }
    at += size
  }
  return runs
}

async function readRun(source: ReaderSource, { file, offset, bytes }: Run): Promise<boolean> {
  try {
    return await source.pool.use(file, async (fd) => {
      const count = await source.disk.read(fd, bytes, offset)
      return count === bytes.length && (await source.trusts(file, fd))
    })
  } catch (error) {
    if (isAbsence(error)) return false
    throw error
  }
}

/** The chunks of the run that no place holds any more. */
async function readOneByOne(source: ReaderSource, run: Run): Promise<number[]> {
  const gone: number[] = []
  let at = 0
  for (const chunk of run.chunks) {
    const size = source.chunks.sizes[chunk] ?? 0
    if (!(await readAnyPlace(source, chunk, run.bytes.subarray(at, at + size)))) gone.push(chunk)
    at += size
  }
  return gone
}

async function readAnyPlace(source: ReaderSource, chunk: number, bytes: Uint8Array): Promise<boolean> {
  const digest = source.chunks.digest(chunk)
  for (const place of source.places.ofChunk(chunk).subarray(0, LIMITS.placesTriedMax)) {
    const offset = source.places.offset[place] ?? 0
    try {
      const count = await source.pool.use(source.places.file[place] ?? 0, (fd) => source.disk.read(fd, bytes, offset))
      if (count === bytes.length && hasDigest(bytes, digest)) return true
    } catch (error) {
      if (!isAbsence(error)) throw error
    }
  }
  return false
}

function isAbsence(error: unknown): boolean {
  return isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'CHUNK_GONE')
}
