import { constants } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Disk } from './disk.ts'
import { absentOk, isErrno } from './disk-error.ts'

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW
const READ = constants.O_RDONLY | constants.O_NOFOLLOW

/** Whole or not at all: written aside, then renamed. `durable` also survives a power cut. */
export async function writeAtomic(
  disk: Disk,
  scratch: string,
  path: string,
  bytes: Uint8Array,
  { durable }: { durable: boolean },
): Promise<void> {
  const aside = join(scratch, `${basename(path)}.${nextName()}`)
  try {
    const fd = await disk.open(aside, CREATE, 0o600)
    try {
      await disk.write(fd, bytes, 0)
      if (durable) await disk.sync(fd)
    } finally {
      await disk.close(fd)
    }
    await disk.rename(aside, path)
  } catch (error) {
    // A full disk must not fill further with halves of files.
    await disk.remove(aside).catch(() => undefined)
    throw error
  }
  if (durable) await syncFolder(disk, dirname(path))
}

/** The file's bytes; `undefined` when it is absent, is no plain file, or is larger than `maxBytes`. */
export async function readWhole(disk: Disk, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const fd = await openPlain(disk, path)
  if (fd === undefined) return undefined
  try {
    const stat = await disk.stat(fd)
    if (!stat.isFile() || stat.size > BigInt(maxBytes)) return undefined
    const bytes = new Uint8Array(Number(stat.size))
    return (await disk.read(fd, bytes, 0)) === bytes.length ? bytes : undefined
  } finally {
    await disk.close(fd)
  }
}

export async function syncFolder(disk: Disk, path: string): Promise<void> {
  await syncPath(disk, path, constants.O_DIRECTORY)
}

export async function syncPath(disk: Disk, path: string, flags = 0): Promise<void> {
  const fd = await disk.open(path, READ | flags)
  try {
    await disk.sync(fd)
  } finally {
    await disk.close(fd)
  }
}

async function openPlain(disk: Disk, path: string): Promise<number | undefined> {
  try {
    return await absentOk(disk.open(path, READ))
  } catch (error) {
    if (isErrno(error, 'ELOOP')) return undefined
    throw error
  }
}

// Names only have to differ inside one process: the lock keeps others out and a store empties the folder when it opens.
let names = 0
function nextName(): number {
  names += 1
  return names
}
