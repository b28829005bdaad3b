import { createHash } from 'node:crypto'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SeederError, systemCode } from '../error.ts'
import { REPLACE_LOCK_WAIT_MS } from '../limits.ts'
import { waitForLock } from '../lock.ts'
import { linkIfAbsent, renameOver, writeTemporary } from './durable.ts'
import { INCOMING, removeLeftovers } from './incoming.ts'
import type { Origin, OriginObject } from './origin.ts'

/** An origin in a folder. What is being written lies in a hidden folder beside it, and appears whole. */
export async function openDirectoryOrigin(root: string, { mustExist = false } = {}): Promise<Origin> {
  if (mustExist && (await absentAsUndefined(stat(root))) === undefined) {
    throw new SeederError('ORIGIN_MISSING', `${root} does not exist`)
  }
  const incoming = join(root, INCOMING)
  await makeFolder(incoming)
  await removeLeftovers(incoming)
  const foldersMade = new Set<string>()

  const placeOf = async (path: string): Promise<string> => {
    const file = locate(root, path)
    const folder = dirname(file)
    if (!foldersMade.has(folder)) {
      await makeFolder(folder)
      foldersMade.add(folder)
    }
    return file
  }

  return {
    uri: pathToFileURL(root).href,
    spool: incoming,
    stat: async (path) => {
      const found = await absentAsUndefined(stat(locate(root, path)))
      return found?.isFile() === true ? { sizeBytes: found.size } : undefined
    },
    get: async (path, bytesMax) => readWhole(locate(root, path), bytesMax),
    getRange: async (path, offset, length) => readRange(locate(root, path), offset, length),
    async put(path, body) {
      const place = await placeOf(path)
      const isThere = (await absentAsUndefined(stat(place))) !== undefined
      if (isThere && body instanceof Uint8Array) return 'exists'
      return linkIfAbsent(body instanceof Uint8Array ? await writeTemporary(incoming, body) : body.file, place)
    },
    async replace(path, bytes, expected) {
      const place = await placeOf(path)
      const lock = await waitForLock(join(incoming, 'lock'), REPLACE_LOCK_WAIT_MS)
      if (lock === undefined) throw new SeederError('ORIGIN_BUSY', `another publisher is writing to ${root}`)
      try {
        const there = await readWhole(place, Infinity)
        if (there?.tag !== expected) return 'changed'
        await renameOver(await writeTemporary(incoming, bytes), place)
        return 'stored'
      } finally {
        lock[Symbol.dispose]()
      }
    },
  }
}

/** Paths are ours, but they carry names that came from people. */
function locate(root: string, path: string): string {
  if (path.split('/').some((segment) => segment === '' || segment.startsWith('.'))) {
    throw new SeederError('ORIGIN_INVALID', `${path} is no path of an origin`)
  }
  return join(root, path)
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' && systemCode(error) !== 'ENOTDIR') throw error
    throw new SeederError('ORIGIN_INVALID', `${folder} cannot be a folder: a file is in its place`, { cause: error })
  }
}

async function readWhole(file: string, bytesMax: number): Promise<OriginObject | undefined> {
  await using handle = await absentAsUndefined(open(file))
  if (handle === undefined) return undefined
  const { size } = await handle.stat()
  if (size > bytesMax) throw new SeederError('ORIGIN_CORRUPT', `${file} has ${size} bytes, more than ${bytesMax}`)
  const bytes = await handle.readFile()
  return { bytes, tag: createHash('sha256').update(bytes).digest('hex') }
}

async function readRange(file: string, offset: number, length: number): Promise<Uint8Array | undefined> {
  await using handle = await absentAsUndefined(open(file))
  if (handle === undefined) return undefined
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

async function absentAsUndefined<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}
