import { encodeManifest, sha256, type EntryInput } from '@shoal/release'
import { SeederError } from '../error.ts'
import type { SourceTree } from './tree.ts'

const NOTHING = { sha256: sha256(new Uint8Array()), chunks: { digests: new Uint8Array(), sizes: new Uint32Array() } }

/**
 * Refuses paths and symlinks that no release may have, before hours are spent on hashing: the release format judges the same
 * tree with every file empty.
 */
export function checkTree(tree: SourceTree, names: { product: string; version: string; platform: string }): void {
  const entries: EntryInput[] = [
    ...tree.files.map(({ path, executable }) => ({ kind: 'file' as const, path, size: 0, executable, ...NOTHING })),
    ...tree.directories.map((path) => ({ kind: 'directory' as const, path })),
    ...tree.symlinks.map(({ path, target }) => ({ kind: 'symlink' as const, path, target })),
  ]
  if (entries.length === 0)
    throw new SeederError('SOURCE_INVALID', `${tree.root} is empty: there is nothing to publish`)
  encodeManifest({ ...names, chunking: { min: 16_384, avg: 65_536, max: 262_144 }, entries })
}

/** A repository or an origin inside the tree would publish the key, or itself. */
export function refuseInside(tree: SourceTree, folders: Readonly<Record<string, string>>): void {
  for (const [what, folder] of Object.entries(folders)) {
    if (folder !== tree.root && !folder.startsWith(`${tree.root}/`)) continue
    throw new SeederError('SOURCE_INVALID', `the ${what} ${folder} lies inside the folder to publish`)
  }
}
