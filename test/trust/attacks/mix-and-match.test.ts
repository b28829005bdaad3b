/** Every file is one that the publisher signed; together they are what nobody published. */
import { hash } from 'node:crypto'
import { originPath } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEYS, type Json } from '../author.ts'
import { currentVersion, openScene, type Scene } from './scene.ts'
import { announce, latest, publish, putRole, ROLE, type Shelf } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

function swap(shelf: Shelf, path: string, by: string, from: Shelf = shelf): void {
  shelf.set(`tuf/${path}`, from.get(`tuf/${by}`) ?? new Uint8Array())
}

describe.concurrent('mix-and-match', () => {
  it('of an older role under a newer snapshot is refused', async () => {
    const shelf = new Map(scene.honest)
    swap(shelf, `3.${ROLE}.json`, `2.${ROLE}.json`)
    const { failure, version } = await scene.get('older-role', { origin: await scene.serve(shelf) })
    expect(failure).toMatchObject({ code: 'METADATA_UNTRUSTED', message: expect.stringContaining(ROLE) as string })
    expect(version).toBeUndefined()
  })

  it('of an older snapshot under a newer timestamp is refused', async () => {
    const shelf = new Map(scene.honest)
    swap(shelf, '3.snapshot.json', '2.snapshot.json')
    const { failure, version } = await scene.get('older-snapshot', { origin: await scene.serve(shelf) })
    expect(failure).toMatchObject({
      code: 'METADATA_UNTRUSTED',
      message: expect.stringContaining('snapshot') as string,
    })
    expect(version).toBeUndefined()
  })

  it('of one version of a role that was signed twice takes the one that was published', async () => {
    const shelf = new Map(scene.honest)
    const draft = new Map(scene.old)
    publish(draft, '2.1')
    swap(shelf, `3.${ROLE}.json`, `3.${ROLE}.json`, draft)
    const { failure, version } = await scene.get('draft', { origin: await scene.serve(shelf) })
    expect(failure?.code).toBe('METADATA_UNTRUSTED')
    expect(version).toBeUndefined()
  })

  it('of a release of another channel is refused: the role may not speak about it', async () => {
    const shelf = new Map(scene.honest)
    const role = latest(shelf, ROLE)
    const foreign = Object.entries(role['targets'] as Record<string, Json>).map(([path, target]) => [
      path.replace('demo/stable/', 'demo/beta/'),
      target,
    ])
    const targets = Object.fromEntries(foreign) as Record<string, Json>
    putRole(shelf, ROLE, { ...role, version: 9, targets }, KEYS.release)
    announce(shelf)
    const { failure } = await scene.get('channel', { target: 'demo@beta', origin: await scene.serve(shelf) })
    expect(failure?.code).toBe('NOT_FOUND')
  })
})

describe.concurrent('partial install', () => {
  const FILES = { 'version.txt': '3.0', a: 'a'.repeat(9_000), b: 'b'.repeat(9_000) }

  it('of a release that the origin holds the words of, and not the bytes, changes nothing', async () => {
    await scene.updated('partial')
    const shelf = new Map(scene.honest)
    publish(shelf, '3.0', FILES)
    shelf.delete(newPack(shelf)[0])
    const { code, version } = await scene.get('partial', { origin: await scene.serve(shelf), timeoutSeconds: 1 })
    expect(code).not.toBe(0)
    expect(version).toBe('2.0')
  })

  it('of a release whose manifest lacks a block changes nothing', async () => {
    await scene.updated('blockless')
    const shelf = new Map(scene.honest)
    const before = new Set(shelf.keys())
    const id = publish(shelf, '3.0', FILES)
    for (const path of shelf.keys())
      if (path.startsWith('blocks/') && !before.has(path) && path !== originPath.block(id)) shelf.delete(path)
    const { code, version } = await scene.get('blockless', { origin: await scene.serve(shelf), timeoutSeconds: 1 })
    expect(code).not.toBe(0)
    expect(version).toBe('2.0')
  })

  it('is never seen: kill -9 while a release comes leaves the one before', async () => {
    await scene.updated('killed')
    const shelf = new Map(scene.honest)
    publish(shelf, '3.0', FILES)
    const [path] = newPack(shelf)
    const pack = shelf.get(path)
    shelf.delete(path)
    const peer = await scene.start('killed', { origin: await scene.serve(shelf) })
    await peer.until('phase', { timeoutMs: 30_000, where: ({ phase }) => phase === 'staged' })
    await peer.kill('SIGKILL')
    expect(await currentVersion(peer)).toBe('2.0')
    shelf.set(path, pack ?? new Uint8Array())
    expect((await scene.get('killed', { origin: await scene.serve(shelf) })).version).toBe('3.0')
  })
})

function newPack(shelf: Shelf): [path: string, bytes: Uint8Array] {
  const found = [...shelf].findLast(([path]) => path.startsWith('packs/'))
  if (found === undefined || originPath.pack(hash('sha256', found[1])) !== found[0]) throw new Error('no pack')
  return found
}
