/** A release that is signed as it should be, by somebody who means to write where nobody asked for it. */
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { originPath, type BlockId } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Value } from '../../vectors/generate/cbor.ts'
import { directory, draft, file, symlink as link } from '../../vectors/generate/draft.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, offer, publish, type Shelf } from './shelf.ts'

let scene: Scene
let victim: string
beforeAll(async () => {
  scene = await openScene()
  victim = join(scene.ground.dir, 'victim')
  await mkdir(victim)
  await writeFile(join(victim, 'mine'), 'untouched')
})
afterAll(() => scene[Symbol.asyncDispose]())

/** Signed and announced by the publisher's keys. */
function shelfWith(entries: readonly Value[]): Shelf {
  const shelf = new Map(scene.honest)
  const { id, blocks } = draft([entries], { version: '3.0' })
  for (const [block, bytes] of Object.entries(blocks)) shelf.set(originPath.block(block as BlockId), bytes)
  offer(shelf, '3.0', id, blocks[id]?.length ?? 0)
  announce(shelf)
  return shelf
}

const EVIL: Record<string, Value[]> = {
  'path traversal by a path that climbs': [file('a/../../../../victim/mine')],
  'path traversal by an absolute path': [file('/tmp/mine')],
  'path traversal by an entry beneath a symlink': [link('a', 'b'), file('a/mine'), directory('b')],
  'a symlink escape by an absolute target': [link('a', '/etc/passwd')],
  'a symlink escape by a target that climbs out': [link('a/b', '../../../victim')],
  'a symlink escape by a target that climbs from behind a name': [link('a/b', 'c/../../../x')],
  'a collision of paths that differ in case': [file('README'), file('readme')],
  'a collision of one name in two forms': [file('e\u0301'), file('\u00e9')],
  'a collision of a file with a folder': [file('a'), file('a/b')],
}

describe.concurrent('a signed release that tries', () => {
  it.each(Object.keys(EVIL))('%s is refused, and what is current stays', async (attack) => {
    const name = attack.replaceAll(' ', '-')
    await scene.updated(name)
    const origin = await scene.serve(shelfWith(EVIL[attack] ?? []))
    const { code, failure, version } = await scene.get(name, { origin })
    expect(failure?.code).toBe('MANIFEST_INVALID')
    expect({ code, version }).toEqual({ code: 5, version: '2.0' })
    expect(await readFile(join(victim, 'mine'), 'utf8')).toBe('untouched')
    expect(await readdir(victim)).toEqual(['mine'])
  })
})

describe('a symlink escape by links planted in the install root', () => {
  it('writes nothing to where they lead', async () => {
    await scene.updated('planted')
    const shelf = new Map(scene.honest)
    const id = publish(shelf, '3.0', { 'version.txt': '3.0', 'lib/mine': 'overwritten' })
    const staged = join(scene.ground.dir, 'peers/planted/out/staging', id)
    await mkdir(staged, { recursive: true })
    await symlink(victim, join(staged, 'lib'))
    await symlink(join(victim, 'mine'), join(staged, 'version.txt'))
    const { version } = await scene.get('planted', { origin: await scene.serve(shelf) })
    expect(version).toBe('3.0')
    expect(await readFile(join(victim, 'mine'), 'utf8')).toBe('untouched')
    expect(await readdir(victim)).toEqual(['mine'])
  })
})
