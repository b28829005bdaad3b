import { createHash, type Hash } from 'node:crypto'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { PACK_BYTES_MAX } from '@shoal/release'
import type { Frames } from '../chunking/task.ts'
import { temporaryIn } from '../origin/incoming.ts'
import type { StoredPack } from './journal.ts'

export interface CompressedChunks extends Frames {
  chunks: readonly number[]
}

/** A finished pack in a temporary file. */
export interface SpooledPack extends StoredPack {
  file: string
}

/**
 * A stage of a pipeline: writes frames one behind another into files of at most `bytesMax`, in the order in which they come.
 * `recycle` gets each buffer back when its bytes are written.
 */
export function assemblePacks(
  folder: string,
  recycle: (buffer: Frames['out']) => void,
  bytesMax: number = PACK_BYTES_MAX,
): (source: AsyncIterable<CompressedChunks>) => AsyncGenerator<SpooledPack, void, undefined> {
  return async function* (source) {
    let pack: OpenPack | undefined
    try {
      for await (const { chunks, lengths, out } of source) {
        let from = 0
        let to = 0
        for (const [at, length] of lengths.entries()) {
          if (pack !== undefined && pack.length + to - from + length > bytesMax) {
            await append(pack, out.subarray(from, to))
            from = to
            const full: OpenPack = pack
            pack = undefined
            yield await close(full)
          }
          pack ??= await start(folder)
          pack.chunks.push(chunks[at] ?? 0)
          pack.lengths.push(length)
          to += length
        }
        if (pack !== undefined) await append(pack, out.subarray(from, to))
        recycle(out)
      }
      if (pack !== undefined) {
        const last: OpenPack = pack
        pack = undefined
        yield await close(last)
      }
    } finally {
      if (pack !== undefined) await discard(pack)
    }
  }
}

interface OpenPack extends SpooledPack {
  handle: FileHandle
  hash: Hash
}

async function start(folder: string): Promise<OpenPack> {
  const file = temporaryIn(folder)
  const handle = await open(file, 'wx')
  return { file, handle, hash: createHash('sha256'), sha256: '', length: 0, chunks: [], lengths: [] }
}

async function append(pack: OpenPack, bytes: Uint8Array): Promise<void> {
  pack.hash.update(bytes)
  pack.length += bytes.length
  for (let written = 0; written < bytes.length;) {
    written += (await pack.handle.write(bytes, written)).bytesWritten
  }
}

async function close({ handle, hash, file, length, chunks, lengths }: OpenPack): Promise<SpooledPack> {
  await handle.close()
  return { file, sha256: hash.digest('hex'), length, chunks, lengths }
}

async function discard(pack: OpenPack): Promise<void> {
  await pack.handle.close()
  await rm(pack.file, { force: true })
}
