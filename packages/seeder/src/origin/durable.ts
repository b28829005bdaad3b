import { link, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from '../error.ts'
import { temporaryIn } from './incoming.ts'

/** A new file with this content. */
export async function writeTemporary(folder: string, bytes: Uint8Array): Promise<string> {
  const file = temporaryIn(folder)
  await using handle = await open(file, 'wx')
  await handle.writeFile(bytes)
  return file
}

/** Moves a finished file to its place, on disk, unless something is there; the file is gone afterwards in any case. */
export async function linkIfAbsent(file: string, place: string): Promise<'stored' | 'exists'> {
  await syncPath(file)
  try {
    await link(file, place)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') {
      await unlink(file)
      return 'exists'
    }
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(systemCode(error) ?? '')) throw error
    return renameIfAbsent(file, place)
  }
  await unlink(file)
  await syncPath(dirname(place))
  return 'stored'
}

export async function renameOver(file: string, place: string): Promise<void> {
  await syncPath(file)
  await rename(file, place)
  await syncPath(dirname(place))
}

/** For file systems without hard links; two publishers at the same instant are not told apart there. */
async function renameIfAbsent(file: string, place: string): Promise<'stored' | 'exists'> {
  try {
    await stat(place)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    await renameOver(file, place)
    return 'stored'
  }
  await unlink(file)
  return 'exists'
}

/** What was written survives a power cut once it is on disk; a rename once its folder is. */
async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
