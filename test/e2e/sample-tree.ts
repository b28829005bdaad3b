/** Trees to publish. */
import { createHash } from 'node:crypto'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildTree, packageFolder } from '../constellation/tree.ts'

/** A real program, 23 MB in 134 files, and beside it what trees have besides plain files. */
export async function buildSampleTree(to: string, version: '5.9.2' | '5.9.3'): Promise<void> {
  buildTree(to, [{ from: packageFolder(`typescript-${version}`), as: 'typescript' }])
  await addOddEntries(join(to, 'odd'))
}

async function addOddEntries(folder: string): Promise<void> {
  await mkdir(join(folder, 'empty folder'), { recursive: true })
  await writeFile(join(folder, 'empty'), '')
  await writeFile(join(folder, 'Zażółć gęślą jaźń – 日本語 🐟.txt'), 'names have every letter\n')
  await writeFile(join(folder, 'run.sh'), '#!/bin/sh\necho ran\n')
  await chmod(join(folder, 'run.sh'), 0o755)
  await symlink('run.sh', join(folder, 'link'))
  await symlink('../nowhere', join(folder, 'dangling'))
}

export async function addSmallFiles(to: string, count: number): Promise<void> {
  for (let folder = 0; folder * 100 < count; folder++) {
    const path = join(to, `${folder}`)
    await mkdir(path, { recursive: true })
    const names = Array.from({ length: Math.min(100, count - folder * 100) }, (_, at) => at)
    await Promise.all(names.map((at) => writeFile(join(path, `${at}.json`), `${JSON.stringify({ folder, at })}\n`)))
  }
}

/** Bytes that do not compress; the same for the same seed. */
export function noise(seed: string, bytes: number): Buffer {
  return createHash('shake256', { outputLength: bytes }).update(seed).digest()
}
