import { checkPath, DEFAULT_CHUNKING, encodeManifest, type EntryInput } from '@shoal/release'
import { SeederError } from '../error.ts'
import type { SourceTree } from './tree.ts'

/**
 * Refuses paths and symlinks that no release may have, before hours are spent on hashing. Only the whole manifest can tell whether
 * two paths collide; that comes later.
 */
export function checkTree(tree: SourceTree, names: { product: string; version: string; platform: string }): void {
  if (tree.files.length + tree.directories.length + tree.symlinks.length === 0) {
    throw new SeederError('SOURCE_INVALID', `${tree.root} is empty: there is nothing to publish`)
  }
  for (const { path } of tree.files) checkPath(path)
  // The format judges symlinks by themselves: a release of nothing else does.
  const links = tree.symlinks.map(({ path, target }): EntryInput => ({ kind: 'symlink', path, target }))
  if (links.length > 0) encodeManifest({ ...names, chunking: DEFAULT_CHUNKING, entries: links })
}

/** A repository or an origin inside the tree would publish the key, or itself. */
export function refuseInside(tree: SourceTree, folders: Readonly<Record<string, string>>): void {
  for (const [what, folder] of Object.entries(folders)) {
    if (folder !== tree.root && !folder.startsWith(`${tree.root}/`)) continue
    throw new SeederError('SOURCE_INVALID', `the ${what} ${folder} lies inside the folder to publish`)
  }
}
