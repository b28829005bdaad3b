import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compareTrees } from './compare-trees.ts'

let folder: string
let published: string
let installed: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-trees-'))
  published = join(folder, 'published')
  installed = join(folder, 'installed')
  await mkdir(join(published, 'bin', 'empty'), { recursive: true })
  await writeFile(join(published, 'bin', 'tool'), 'run', { mode: 0o755 })
  await writeFile(join(published, 'read me'), 'text')
  await symlink('bin/tool', join(published, 'tool'))
  await cp(published, installed, { recursive: true, verbatimSymlinks: true })
})
afterEach(() => rm(folder, { recursive: true }))

describe('compareTrees', () => {
  it('finds copies equal, through the link `current` as well', async () => {
    await symlink('installed', join(folder, 'current'))
    expect(compareTrees(published, join(folder, 'current'))).toEqual({ files: 2, bytes: 7, differences: [] })
  })

  it.each<[string, () => Promise<unknown>, string]>([
    ['another content', () => writeFile(join(installed, 'read me'), 'TEXT'), 'read me: has other content'],
    ['another size', () => writeFile(join(installed, 'read me'), 'texts'), 'read me: has 5 bytes instead of 4'],
    [
      'a lost executable bit',
      () => chmod(join(installed, 'bin', 'tool'), 0o644),
      'bin/tool: has another executable bit',
    ],
    ['a missing empty folder', () => rm(join(installed, 'bin', 'empty'), { recursive: true }), 'bin/empty: is missing'],
    ['a file too many', () => writeFile(join(installed, 'bin', 'x'), ''), 'bin/x: was not published'],
    ['a link elsewhere', () => relink('bin'), 'tool: links elsewhere'],
    ['a file for a link', () => replaceLink(), 'tool: is of another kind'],
  ])('finds %s', async (_what, change, difference) => {
    await change()
    expect(compareTrees(published, installed).differences).toEqual([difference])
  })
})

async function relink(target: string): Promise<void> {
  await rm(join(installed, 'tool'))
  await symlink(target, join(installed, 'tool'))
}

async function replaceLink(): Promise<void> {
  await rm(join(installed, 'tool'))
  await writeFile(join(installed, 'tool'), 'run')
}
