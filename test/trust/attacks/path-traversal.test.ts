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

const TRAVERSALS: Record<string, Value[]> = {
  'a path that climbs': [file('a/../../../../victim/mine')],
  'an absolute path': [file('/tmp/mine')],
  'an entry beneath a symlink': [link('a', 'b'), file('a/mine'), directory('b')],
}

const COLLISIONS: Record<string, Value[]> = {
  'paths that differ in case': [file('README'), file('readme')],
  'one name in two forms': [file('e\u0301'), file('\u00e9')],
  'a file and a folder of one name': [file('a'), file('a/b')],
}

const ESCAPES: Record<string, Value[]> = {
  'an absolute target': [link('a', '/etc/passwd')],
  'a target that climbs out': [link('a/b', '../../../victim')],
  'a target that climbs from behind a name': [link('a/b', 'c/../../../x')],
}

async function expectRefused(attack: string, entries: readonly Value[] = []): Promise<void> {
  const name = attack.replaceAll(' ', '-')
  await scene.updated(name)
  const { code, failure, version } = await scene.get(name, { origin: await scene.serve(shelfWith(entries)) })
  expect(failure?.code).toBe('MANIFEST_INVALID')
  expect({ code, version }).toEqual({ code: 5, version: '2.0' })
  await expectUntouched()
}

async function expectUntouched(): Promise<void> {
  expect(await readdir(victim)).toEqual(['mine'])
  expect(await readFile(join(victim, 'mine'), 'utf8')).toBe('untouched')
}

describe.concurrent('path traversal', () => {
  it.each(Object.keys(TRAVERSALS))('by %s is refused, and what is current stays', (by) =>
    expectRefused(by, TRAVERSALS[by]),
  )
})

describe.concurrent('path collision', () => {
  it.each(Object.keys(COLLISIONS))('of %s is refused, and what is current stays', (of) =>
    expectRefused(of, COLLISIONS[of]),
  )
})

describe.concurrent('symlink escape', () => {
  it.each(Object.keys(ESCAPES))('by %s is refused, and what is current stays', (by) => expectRefused(by, ESCAPES[by]))

  it('by links planted in the install root writes nothing to where they lead', async () => {
    await scene.updated('planted')
    const shelf = new Map(scene.honest)
    const id = publish(shelf, '3.0', { 'version.txt': '3.0', 'lib/mine': 'overwritten' })
    const staged = join(scene.ground.dir, 'peers/planted/out/staging', id)
    await mkdir(staged, { recursive: true })
    await symlink(victim, join(staged, 'lib'))
    await symlink(join(victim, 'mine'), join(staged, 'version.txt'))
    const { version } = await scene.get('planted', { origin: await scene.serve(shelf) })
    expect(version).toBe('3.0')
    await expectUntouched()
  })
})
