import type { Manifest } from '@shoal/release'
import { constants } from 'node:fs'
import { syncFolder } from './atomic-file.ts'
import type { Disk } from './disk.ts'
import { isErrno } from './disk-error.ts'
import { each } from './each.ts'
import { LIMITS } from '../limits.ts'

const FOLDER_MODE = 0o755

/** Every folder of the tree, relative, those above first; '' is the root. */
export function foldersOf({ entries }: Pick<Manifest, 'entries'>): string[] {
  const folders = new Set([''])
  for (const { kind, path } of entries) {
    // Entries are sorted, so the folder of most has been seen just before.
    const folder = kind === 'directory' ? path : parentOf(path)
    for (let at = folder.indexOf('/'); at !== -1 && !folders.has(folder); at = folder.indexOf('/', at + 1)) {
      folders.add(folder.slice(0, at))
    }
    folders.add(folder)
  }
  return [...folders]
}

/**
 * Real folders everywhere, whatever stood in their place: a symlink planted there would lead writes out of the tree.
 * Says whether the root was new, so that nothing can be in it.
 */
export async function makeFolders(disk: Disk, root: string, folders: readonly string[]): Promise<'new' | 'found'> {
  let outcome: 'new' | 'found' = 'new'
  for (const folder of folders) {
    const path = folder === '' ? root : `${root}/${folder}`
    try {
      await disk.mkdir(path, { mode: FOLDER_MODE })
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
      if (folder === '') outcome = 'found'
      if ((await disk.lstat(path)).isDirectory()) continue
      await disk.remove(path)
      await disk.mkdir(path, { mode: FOLDER_MODE })
    }
  }
  return outcome
}

/** Removes from the folders what the release does not have, and what is of another kind than it says. */
export async function sweepFolders(
  disk: Disk,
  root: string,
  manifest: Manifest,
  folders: readonly string[],
): Promise<void> {
  const kinds = new Map<string, string>(folders.map((folder) => [folder, 'directory']))
  for (const { path, kind } of manifest.entries) kinds.set(path, kind)
  for (const folder of folders) {
    const inside = folder === '' ? '' : `${folder}/`
    for (const found of await disk.list(`${root}/${folder}`)) {
      const kind = kinds.get(`${inside}${found.name}`)
      const right = kind === 'file' ? found.isFile() : kind === 'directory' ? found.isDirectory() : kind === 'symlink'
      if (!right) await disk.remove(`${root}/${inside}${found.name}`)
    }
  }
}

/** Sets the modes of folders (which the umask may have narrowed) and makes their entries durable. */
export async function sealFolders(disk: Disk, root: string, folders: readonly string[]): Promise<void> {
  await each(folders, LIMITS.fileOperationsMax, async (folder) => {
    const fd = await disk.open(`${root}/${folder}`, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    try {
      if (Number((await disk.stat(fd)).mode & 0o777n) !== FOLDER_MODE) await disk.chmod(fd, FOLDER_MODE)
      await disk.sync(fd)
    } finally {
      await disk.close(fd)
    }
  })
}

export async function renameDurably(disk: Disk, from: string, to: string): Promise<void> {
  await disk.rename(from, to)
  await syncFolder(disk, parentOf(to))
  await syncFolder(disk, parentOf(from))
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
