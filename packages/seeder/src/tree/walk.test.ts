import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, writeTree } from '../fixture/folder.ts'
import { checkTree, refuseInside } from './check.ts'
import { walkTree } from './walk.ts'

const MAKE_PIPE = '/usr/bin/mkfifo'
const names = { product: 'p', version: '1', platform: 'any' }
const options = { signal: new AbortController().signal, onFound: () => undefined }

describe('walkTree', () => {
  it('finds files, empty folders, symlinks, modes and Unicode names', async () => {
    await using folder = await temporaryFolder()
    const root = folder.path('tree')
    await writeTree(root, {
      'a.txt': 'abc',
      'deep/er/ünï/日本.txt': '',
      'bin/run': { executable: '#!/bin/sh' },
      'empty/inner': null,
      link: { link: 'deep/er' },
    })
    const tree = await walkTree(root, options)
    const files = tree.files.map(({ path, size, executable }) => ({ path, size, executable }))
    expect(files.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'a.txt', size: 3, executable: false },
      { path: 'bin/run', size: 9, executable: true },
      { path: 'deep/er/ünï/日本.txt', size: 0, executable: false },
    ])
    expect(tree.directories).toEqual(['empty/inner'])
    expect(tree.symlinks).toEqual([{ path: 'link', target: 'deep/er' }])
    expect(tree.sizeBytes).toBe(12)
  })

  it('refuses a named pipe and a socket by name', async () => {
    await using folder = await temporaryFolder()
    await mkdir(folder.path('pipe'))
    execFileSync(MAKE_PIPE, [folder.path('pipe/queue')])
    await expect(walkTree(folder.path('pipe'), options)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: 'queue is a named pipe; a release holds files, folders and symlinks',
    })
    await mkdir(folder.path('socket'))
    const server = createServer().listen(folder.path('socket/s'))
    await once(server, 'listening')
    await expect(walkTree(folder.path('socket'), options)).rejects.toThrow('s is a socket')
    server.close()
  })

  it('refuses a name that is not UTF-8', async () => {
    await using folder = await temporaryFolder()
    await writeFile(Buffer.concat([Buffer.from(`${folder.path('')}/`), Buffer.from([0x61, 0xff])]), '')
    await expect(walkTree(folder.path(''), options)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  it('says whether the folder is missing or is no folder', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('file'), '')
    await expect(walkTree(folder.path('none'), options)).rejects.toThrow('does not exist')
    await expect(walkTree(folder.path('file'), options)).rejects.toThrow('is not a folder')
  })
})

describe('checkTree', () => {
  it.each([
    [{ out: { link: '../outside' } }, 'leaves the tree'],
    [{ out: { link: '/etc/passwd' } }, 'is absolute'],
    [{ 'a\\b': 'x' }, 'backslash'],
    [{}, 'is empty'],
  ])('refuses %o before anything is read', async (content, message) => {
    await using folder = await temporaryFolder()
    await writeTree(folder.path('tree'), content)
    const tree = await walkTree(folder.path('tree'), options)
    expect(() => {
      checkTree(tree, names)
    }).toThrow(message)
  })
})

describe('refuseInside', () => {
  it('refuses to publish the repository or the origin', () => {
    const tree = { root: '/build', files: [], directories: [], symlinks: [], sizeBytes: 0 }
    const inside = (folder: string) => () => {
      refuseInside(tree, { repository: folder })
    }
    expect(inside('/build/repo')).toThrow('lies inside')
    expect(inside('/build')).toThrow('lies inside')
    expect(inside('/build-repo')).not.toThrow()
  })
})
