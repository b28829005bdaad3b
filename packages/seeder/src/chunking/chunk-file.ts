import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { findCut, sha256, type Chunking } from '@shoal/release'
import { SeederError, systemCode } from '../error.ts'
import type { ChunkedFile, ChunkTask } from './task.ts'

/** Cuts and hashes one file. Synchronous: it runs in a worker that does nothing else. `buffer` is scratch space. */
export function chunkFile(
  root: string,
  file: ChunkTask['files'][number],
  chunking: Chunking,
  buffer: Uint8Array,
  onRead: (bytes: number) => void,
): ChunkedFile {
  const fd = openSource(root, file.path)
  try {
    refuseChanged(fd, file)
    const chunks = cutFile(fd, file, chunking, buffer, onRead)
    refuseChanged(fd, file)
    return chunks
  } finally {
    closeSync(fd)
  }
}

export function openSource(root: string, path: string): number {
  try {
    return openSync(join(root, path), 'r')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') throw new SeederError('SOURCE_CHANGED', `${path} vanished while publishing`)
    throw new SeederError('SOURCE_UNREADABLE', `${path} cannot be read (${code ?? String(error)})`, { cause: error })
  }
}

/** Fills `into` from `position` on; returns the bytes read, fewer only at the end of the file. */
export function readFully(fd: number, into: Uint8Array, position: number, path: string): number {
  try {
    let filled = 0
    while (filled < into.length) {
      const bytes = readSync(fd, into, filled, into.length - filled, position + filled)
      if (bytes === 0) break
      filled += bytes
    }
    return filled
  } catch (error) {
    throw new SeederError('SOURCE_UNREADABLE', `${path} cannot be read (${systemCode(error) ?? String(error)})`, {
      cause: error,
    })
  }
}

function cutFile(
  fd: number,
  file: ChunkTask['files'][number],
  chunking: Chunking,
  buffer: Uint8Array,
  onRead: (bytes: number) => void,
): ChunkedFile {
  const countMax = Math.ceil(file.size / chunking.min)
  const digests = new Uint8Array(countMax * 32)
  const sizes = new Uint32Array(countMax)
  const whole = file.size > buffer.length ? createHash('sha256') : undefined
  let count = 0
  let position = 0
  let end = 0
  let start = 0
  let wholeDigest: Uint8Array | undefined
  do {
    buffer.copyWithin(0, start, end)
    end -= start
    start = 0
    const read = readFully(
      fd,
      buffer.subarray(end, Math.min(buffer.length, end + file.size - position)),
      position,
      file.path,
    )
    if (read === 0 && position < file.size) throw changed(file.path)
    const fresh = buffer.subarray(end, end + read)
    if (whole !== undefined) whole.update(fresh)
    else wholeDigest = sha256(fresh)
    position += read
    end += read
    onRead(read)
    const isLast = position === file.size
    while (start < end && (isLast || end - start >= chunking.max)) {
      const cut = findCut(buffer, start, end, chunking)
      const isWholeFile = cut - start === file.size
      digests.set(
        isWholeFile && wholeDigest !== undefined ? wholeDigest : sha256(buffer.subarray(start, cut)),
        count * 32,
      )
      sizes[count] = cut - start
      count += 1
      start = cut
    }
  } while (position < file.size)
  return {
    sha256: wholeDigest ?? new Uint8Array(whole?.digest() ?? []),
    digests: digests.slice(0, count * 32),
    sizes: sizes.slice(0, count),
  }
}

function refuseChanged(fd: number, file: ChunkTask['files'][number]): void {
  const now = fstatSync(fd)
  if (!now.isFile() || now.size !== file.size || now.mtimeMs !== file.mtimeMs || now.ino !== file.ino) {
    throw changed(file.path)
  }
}

function changed(path: string): SeederError {
  return new SeederError('SOURCE_CHANGED', `${path} changed while publishing`)
}
