import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SeederError, systemCode } from '../error.ts'
import { WALK_CONCURRENCY } from '../limits.ts'
import type { SourceFile, SourceTree } from './tree.ts'

export interface WalkOptions {
  signal: AbortSignal
  onFound: (files: number, bytes: number) => void
}

/** Finds what is in a folder, and refuses what a release cannot hold. */
export async function walkTree(folder: string, options: WalkOptions): Promise<SourceTree> {
  const root = await findFolder(folder)
  const files: SourceFile[] = []
  const directories: string[] = []
  const symlinks: { path: string; target: string }[] = []
  let sizeBytes = 0

  const add = async (path: string): Promise<string | undefined> => {
    const found = await readable(path, lstat(join(root, path)))
    if (found.isDirectory()) return path
    if (found.isSymbolicLink()) {
      symlinks.push({ path, target: decodeName(await readlink(join(root, path), 'buffer'), `the target of ${path}`) })
    } else if (found.isFile()) {
      files.push(describeFile(path, found))
      sizeBytes += found.size
    } else {
      throw new SeederError(
        'SOURCE_INVALID',
        `${path} is a ${kindOf(found)}; a release holds files, folders and symlinks`,
      )
    }
    return undefined
  }

  const pending = ['']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    options.signal.throwIfAborted()
    const names = await readable(path, readdir(join(root, path), 'buffer'))
    if (names.length === 0 && path !== '') directories.push(path)
    const children = names.map(
      (name) => (path === '' ? '' : `${path}/`) + decodeName(name, `a name in ${path || root}`),
    )
    for (let at = 0; at < children.length; at += WALK_CONCURRENCY) {
      const folders = await Promise.all(children.slice(at, at + WALK_CONCURRENCY).map(add))
      for (const child of folders) if (child !== undefined) pending.push(child)
    }
    options.onFound(files.length, sizeBytes)
  }
  return { root, files, directories, symlinks, sizeBytes }
}

async function findFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder)
    if ((await stat(root)).isDirectory()) return root
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw unreadable(folder, error)
    throw new SeederError('SOURCE_MISSING', `${folder} does not exist`, { cause: error })
  }
  throw new SeederError('SOURCE_MISSING', `${folder} is not a folder`)
}

function describeFile(path: string, found: Stats): SourceFile {
  return {
    path,
    size: found.size,
    executable: (found.mode & 0o111) !== 0,
    mtimeMs: found.mtimeMs,
    ino: found.ino,
  }
}

async function readable<T>(path: string, pending: Promise<T>): Promise<T> {
  try {
    return await pending
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      throw new SeederError('SOURCE_CHANGED', `${path} vanished while the folder was read`, { cause: error })
    }
    throw unreadable(path === '' ? 'the folder' : path, error)
  }
}

function unreadable(path: string, error: unknown): SeederError {
  return new SeederError('SOURCE_UNREADABLE', `${path} cannot be read (${systemCode(error) ?? String(error)})`, {
    cause: error,
  })
}

/** A manifest holds text. Names of other bytes would come out as other names. */
function decodeName(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new SeederError('SOURCE_INVALID', `${what} is not UTF-8: ${JSON.stringify(bytes.toString('latin1'))}`, {
      cause: error,
    })
  }
}

function kindOf(found: Stats): string {
  if (found.isFIFO()) return 'named pipe'
  if (found.isSocket()) return 'socket'
  return 'device'
}
