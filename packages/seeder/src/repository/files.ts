import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SeederError, systemCode } from '../error.ts'

/** Writes a file whole: a crash leaves the old content or the new. */
export async function writeWhole(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = `${file}.${randomUUID()}.writing`
  try {
    await writeNew(temporary, content, mode)
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(file))
}

/** Writes a file that must not be there yet. */
export async function writeNew(file: string, content: string | Uint8Array, mode: number): Promise<void> {
  await using handle = await open(file, 'wx', mode)
  await handle.writeFile(content)
  await handle.sync()
}

/** Undefined for a file that is not there. */
export async function readIfThere(file: string, bytesMax: number): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(file)
    if (size <= bytesMax) return await readFile(file)
    throw new SeederError('REPOSITORY_INVALID', `${file} has ${size} bytes, more than ${bytesMax}`)
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}
