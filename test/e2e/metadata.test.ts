/** Which release a peer goes by when its sources do not know the same, when keys are replaced, and when time runs out. */
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import type { Program } from '../constellation/process.ts'

const INSTALL = { timeoutMs: 50_000 }

let world: Constellation
/** A folder as the origin was before 2.0, and where it is served. */
let oldUrl: string

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  await publish('1.0')
  const old = join(world.ground.dir, 'old')
  await cp(world.origin.dir, old, { recursive: true })
  oldUrl = await serve(old)
  await publish('2.0')
})
afterAll(() => world[Symbol.asyncDispose]())

async function publish(version: string): Promise<void> {
  const tree = join(world.ground.dir, `tree-${version}`)
  await mkdir(tree)
  await writeFile(join(tree, 'version'), version)
  await world.publish(version, tree)
}

async function serve(folder: string): Promise<string> {
  const args = ['serve', '--origin', folder, '--listen', '127.0.0.1:0', '--json']
  const server: Program<{ listening: { url: string } }> = world.ground.start('seeder', 'other-origin', args)
  return (await server.until('listening', INSTALL)).url
}

/** A peer that has installed what it got, and goes on serving it. */
async function holder(
  name: string,
  settings: { origin?: string | undefined; peers?: readonly string[] },
): Promise<Peer> {
  const peer = await world.startPeer({ name, mode: 'get', lingerSeconds: 600, ...settings })
  await peer.until('installed', INSTALL)
  return peer
}

describe('of sources that do not know the same, the newest counts:', () => {
  let behind: Peer
  let ahead: Peer
  beforeAll(async () => {
    behind = await holder('behind', { origin: oldUrl })
    ahead = await holder('ahead', { origin: world.origin.url })
    expect(behind.program.latest('installed')).toMatchObject({ version: '1.0' })
  })

  it('a neighbour that is behind holds back nobody who asks the origin', async () => {
    const peer = await world.startPeer({ name: 'with-origin', mode: 'get', peers: behind.addresses })
    expect(await peer.until('summary', INSTALL)).toMatchObject({ version: '2.0' })
  })

  it('an origin that is behind holds back nobody who has met a neighbour', async () => {
    const settings = { name: 'with-neighbour', pollSeconds: 1, origin: oldUrl, peers: ahead.addresses }
    const peer = await world.startPeer(settings)
    await peer.until('installed', { ...INSTALL, where: ({ version }) => version === '2.0' })
  })

  it('a neighbour that is behind holds back nobody who knows another', async () => {
    const peers = [...behind.addresses, ...ahead.addresses]
    const peer = await world.startPeer({ name: 'with-both', pollSeconds: 1, origin: undefined, peers })
    await peer.until('installed', { ...INSTALL, where: ({ version }) => version === '2.0' })
  })

  it.each([
    ['an origin', () => ({ origin: oldUrl })],
    ['a neighbour', () => ({ origin: undefined, peers: behind.addresses })],
  ])('%s that is behind is not followed by who has seen newer', async (what, sources) => {
    const name = `forward-${what.replace(' ', '-')}`
    const first = await world.startPeer({ name, mode: 'get' })
    await first.until('summary', INSTALL)
    const again = await world.startPeer({ name, mode: 'get', ...sources() })
    expect(await again.until('summary', INSTALL)).toMatchObject({ version: '2.0', changed: false })
  })

  it('nor when the metadata on its disk is lost, as long as the floors are there', async () => {
    const get = { name: 'forgetful', mode: 'get' } as const
    const first = await world.startPeer(get)
    await first.until('summary', INSTALL)
    const metadata = join(first.out, '.shoal', 'trust', 'metadata.json')
    await rename(metadata, `${metadata}.lost`)
    const again = await world.startPeer({ ...get, origin: oldUrl })
    expect((await again.program.exited).code).toBe(5)
    expect(again.program.latest('error')).toMatchObject({
      code: 'METADATA_UNTRUSTED',
      message: expect.stringMatching(/older than/),
    })
  })

  it('when nobody answers, what was seen last is gone by while it is in date', async () => {
    const get = { name: 'alone', mode: 'get' } as const
    const first = await world.startPeer(get)
    await first.until('summary', INSTALL)
    const again = await world.startPeer({ ...get, origin: 'http://127.0.0.1:1/' })
    expect(await again.until('summary', INSTALL)).toMatchObject({ version: '2.0', changed: false })
  })
})

describe('keys that are replaced', () => {
  const ROLES = ['timestamp', 'snapshot', 'targets', 'rel-tool-stable', 'root']

  it('are followed by who knows the first root alone, and handed on from neighbour to neighbour', async () => {
    const root = join(world.ground.dir, 'first-root.json')
    await cp(world.origin.root, root)
    const { repository, dir } = world.origin
    const where = ['--repo', repository, '--origin', dir, '--json']
    const before = await world.startPeer({ name: 'before-rotation', mode: 'get', root })
    await before.until('summary', INSTALL)
    for (const role of ROLES) await world.ground.run('seeder', `rotate-${role}`, ['rotate', '--role', role, ...where])
    await publish('3.0')

    const after = await world.startPeer({ name: 'before-rotation', mode: 'get', root, lingerSeconds: 600 })
    expect(await after.until('installed', INSTALL)).toMatchObject({ version: '3.0' })
    const next = await world.startPeer({
      name: 'rotated',
      mode: 'get',
      root,
      origin: undefined,
      peers: after.addresses,
    })
    expect(await next.until('summary', INSTALL)).toMatchObject({ version: '3.0' })
  })
})

describe('metadata that is out of date', () => {
  beforeEach(async () => {
    const settings = join(world.origin.repository, 'repository.json')
    const value = JSON.parse(await readFile(settings, 'utf8')) as { lifeDays: Record<string, number> }
    const kept = await readFile(settings)
    await writeFile(settings, JSON.stringify({ ...value, lifeDays: { ...value.lifeDays, timestamp: 1e-9 } }))
    await refresh()
    await writeFile(settings, kept)
  })

  async function refresh(): Promise<void> {
    const args = ['--repo', world.origin.repository, '--origin', world.origin.dir, '--json']
    await world.ground.run('seeder', 'refresh', ['refresh-timestamp', ...args])
  }

  it('is refused, says what to do, and is good again when it was signed anew', async () => {
    const get = { name: 'late', mode: 'get' } as const
    const late = await world.startPeer(get)
    expect((await late.program.exited).code).toBe(5)
    expect(late.program.latest('error')).toMatchObject({
      code: 'METADATA_EXPIRED',
      message: expect.stringContaining('timestamp expired on'),
      fix: expect.stringContaining('refresh-timestamp'),
    })
    await refresh()
    await (await world.startPeer(get)).until('summary', INSTALL)
  })
})
