import { execFileSync } from 'node:child_process'
import { chmod, cp, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import { startOriginProxy } from '../faults/origin-proxy.ts'
import { runToEnd } from './run-to-end.ts'
import { noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }

let world: Constellation
let tree: string
/** The install root of a peer that was killed in the middle of a download. */
let interrupted: string

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  tree = join(world.ground.dir, 'tree')
  await mkdir(tree)
  for (const name of ['a', 'b', 'c']) await writeFile(join(tree, name), noise(name, 4 << 20))
  await world.publish('1.0', tree)
  await using proxy = await startOriginProxy(world.origin.url)
  proxy.fail({ kind: 'stall', afterBytes: 4 << 20 }, { when: ({ path }) => path.startsWith('/packs/') })
  const peer = await world.startPeer({ name: 'interrupted', mode: 'get', origin: proxy.url })
  await peer.until('progress', { ...INSTALL, where: ({ doneBytes }) => doneBytes > 2 << 20 })
  await peer.kill('SIGKILL')
  interrupted = peer.out
})
afterAll(() => world[Symbol.asyncDispose]())

describe.concurrent('a download that was interrupted, and then', () => {
  const DAMAGES: [what: string, folder: string, at?: number[]][] = [
    ['its journal', '.shoal/journal'],
    ['its manifest', '.shoal/blocks'],
    ['its metadata', '.shoal/trust'],
    ['the words of its metadata', '.shoal/trust', [0.5]],
    ['its history', '.shoal'],
    ['the files that it wrote', 'staging'],
  ]
  it.each(DAMAGES)('%s damaged, is completed all the same', async (what, folder, at) => {
    const name = what.replaceAll(' ', '-')
    const out = join(world.ground.dir, 'peers', name, 'out')
    await cp(interrupted, out, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    await damageFiles(join(out, folder), at)
    const peer = await world.startPeer({ name, mode: 'get' })
    const { bytes } = await peer.until('summary', INSTALL)
    expect(compareTrees(tree, peer.tree).differences).toEqual([])
    expect(bytes.resumed + bytes.origin).toBe(bytes.total)
    expect(bytes.resumed).toBeGreaterThan(0)
  })
})

describe('a full disk', () => {
  it('is noticed before a get, and when it fills up meanwhile; the same again goes on where it stopped', async ({
    skip,
    onTestFinished,
  }) => {
    const home = await smallDisk('peers/small', '8m')
    if (home === undefined) return skip('a small disk needs the right to mount one')
    onTestFinished(() => unmount(home))
    await using proxy = await startOriginProxy(world.origin.url)
    proxy.fail({ kind: 'drip', pieceBytes: 64 << 10, everyMs: 5 }, { when: ({ path }) => path.startsWith('/packs/') })
    const get = { name: 'small', mode: 'get', origin: proxy.url } as const

    const tooSmall = await world.startPeer(get)
    expect((await tooSmall.program.exited).code).toBe(1)
    expect(tooSmall.program.latest('error')).toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('needed'),
    })

    execFileSync('mount', ['-o', 'remount,size=16m', home])
    const filledUp = await world.startPeer(get)
    await filledUp.until('phase', { ...INSTALL, where: ({ phase }) => phase === 'staged' })
    await writeFile(join(home, 'filler'), Buffer.alloc(8 << 20))
    expect((await filledUp.program.exited).code).toBe(1)
    expect(filledUp.program.latest('error')).toMatchObject({ code: 'DISK_FULL', fix: expect.stringContaining('free') })

    await rm(join(home, 'filler'))
    const enough = await world.startPeer(get)
    const { bytes } = await enough.until('summary', INSTALL)
    expect(bytes.resumed).toBeGreaterThan(0)
    expect(bytes.resumed + bytes.origin).toBe(bytes.total)
    expect(compareTrees(tree, enough.tree).differences).toEqual([])
  })

  it('stops a publish with what to do, and the same again completes it', async ({ skip, onTestFinished }) => {
    const home = await smallDisk('small-origin', '6m')
    if (home === undefined) return skip('a small disk needs the right to mount one')
    onTestFinished(() => unmount(home))
    const repository = join(world.ground.dir, 'other-repository')
    await world.ground.run('seeder', 'init', ['init', '--repo', repository, '--product', 'tool', '--json'])
    const where = ['--repo', repository, '--origin', join(home, 'origin')]
    const publish = ['publish', tree, ...where, '--channel', 'stable', '--version', '1.0', '--json']
    const full = await runToEnd(world.ground, 'seeder', publish)
    expect(full.last).toMatchObject({ type: 'error', code: 'DISK_FULL', exit: 1, fix: expect.stringContaining('free') })

    execFileSync('mount', ['-o', 'remount,size=64m', home])
    const enough = await runToEnd(world.ground, 'seeder', publish)
    expect(enough.last).toMatchObject({ type: 'summary', version: '1.0', alreadyPublished: false })
  })
})

it('a file that cannot be read stops a publish by name', async ({ skip }) => {
  const secret = join(world.ground.dir, 'secret')
  await mkdir(secret)
  await writeFile(join(secret, 'file'), 'hidden')
  await chmod(join(secret, 'file'), 0)
  if (await isReadable(join(secret, 'file'))) return skip('this user can read every file')
  const where = ['--repo', world.origin.repository, '--origin', world.origin.dir, '--product', 'tool']
  const publish = ['publish', secret, ...where, '--channel', 'stable', '--version', '2.0', '--json']
  const { code, last } = await runToEnd(world.ground, 'seeder', publish)
  expect(last).toMatchObject({ code: 'SOURCE_UNREADABLE', exit: 1, message: expect.stringContaining('file') })
  expect(code).toBe(1)
})

/** Changes bytes of every file below a folder, at these parts of its length; a key is left as it is, for that is another story. */
async function damageFiles(folder: string, parts = [0, 0.5]): Promise<void> {
  const entries = await readdir(folder, { recursive: folder.endsWith('staging'), withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !/^(identity\.key|lock|pid)$/.test(entry.name))
  for (const { parentPath, name } of files) {
    await using file = await open(join(parentPath, name), 'r+')
    const { size } = await file.stat()
    // What a download wrote first may be anywhere in the file.
    for (const part of parts) if (size > 0) await file.write(Buffer.from('damage'), 0, 6, Math.floor(size * part))
  }
}

/** A file system of its own in the ground's folder; undefined where that is not permitted. */
async function smallDisk(path: string, size: string): Promise<string | undefined> {
  const folder = join(world.ground.dir, path)
  await mkdir(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' })
    return folder
  } catch {
    return undefined
  }
}

function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder])
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await readFile(path)
    return true
  } catch {
    return false
  }
}
