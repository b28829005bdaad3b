/** The tree that is published: the Node distribution and every npm package of the workspace, each once. */
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buildTree, nodeDistribution, packageFolder, type Part } from '../constellation/tree.ts'

export interface TreeSize {
  files: number
  bytes: number
}

export async function buildWorkspaceTree(to: string): Promise<void> {
  const parts: Part[] = [{ from: await nodeDistribution(), as: 'node' }]
  // pnpm keeps a package at .pnpm/<name>@<version>…/node_modules/<name>, with + for the slash of a scope.
  const store = join(dirname(packageFolder('typescript')), '..', '..')
  for (const entry of await readdir(store)) {
    const name = entry.slice(0, entry.indexOf('@', 1)).replace('+', '/')
    const folder = join(store, entry, 'node_modules', name)
    // The package `node` only wraps the distribution.
    if (name !== '' && name !== 'node' && existsSync(folder)) parts.push({ from: folder, as: join('packages', entry) })
  }
  buildTree(to, parts)
}

export async function measureTree(folder: string): Promise<TreeSize> {
  const files = await listFiles(folder)
  let bytes = 0
  for (const file of files) bytes += (await stat(file)).size
  return { files: files.length, bytes }
}

export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
