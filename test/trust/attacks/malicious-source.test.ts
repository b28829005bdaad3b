/** A mirror or a neighbour sends what was not signed: nothing of it is stored, served or installed, and it is not asked again. */
import { originPath } from '@shoal/release'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FLEET, KEYS, rootSigned } from '../author.ts'
import { noise } from '../../e2e/sample-tree.ts'
import { startLyingPeer } from './lying-peer.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, newShelf, publish, putRole, type Shelf } from './shelf.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

/** The same names and bytes, but for one bit in the middle of each object that matches. */
function poisoned(shelf: Shelf, pattern: RegExp): Shelf {
  return new Map(
    [...shelf].map(([path, bytes]) => {
      if (!pattern.test(path)) return [path, bytes]
      const changed = Buffer.from(bytes)
      const at = changed.length >> 1
      changed[at] = (changed[at] ?? 0) ^ 1
      return [path, changed]
    }),
  )
}

describe.concurrent('malicious mirror', () => {
  it.each(['packs/', 'blocks/', 'index', 'timestamp'])(
    'that changes one bit in %s installs nothing',
    async (object) => {
      const shelf = poisoned(scene.honest, new RegExp(object))
      const name = `mirror-${object.replaceAll(/\W/g, '')}`
      const { code, version } = await scene.get(name, { origin: await scene.serve(shelf), timeoutSeconds: 2 })
      expect(code).not.toBe(0)
      expect(version).toBeUndefined()
    },
  )
})

const CHUNK_BYTES = 256 << 10
/** For a span. */
const WRONG = Buffer.alloc(4 * CHUNK_BYTES, 0xee)

describe.concurrent('malicious peer', () => {
  it('with poisoned chunks is banned, and the chunks come from elsewhere', async () => {
    const next = new Map(scene.honest)
    const parts = Array.from({ length: 8 }, (_, part) => [`part-${part}`, noise(`part ${part}`, CHUNK_BYTES)] as const)
    publish(next, '3.0', { 'version.txt': '3.0', ...Object.fromEntries(parts) })
    await using peer = await startLyingPeer(next, { spans: [WRONG, WRONG, Buffer.from('9.9')] })
    // The origin has chunks from when the neighbour has sent its own.
    const origin = new Map([...next].filter(([path]) => !path.startsWith('packs/')))
    void peer.lied.then(() => next.forEach((bytes, path) => origin.set(path, bytes)))
    const { summary, version } = await scene.getBeside(peer, origin, 'chunk')
    expect(version).toBe('3.0')
    expect(summary?.bans).toEqual([{ peer: peer.id, cause: expect.stringContaining('do not verify') as string }])
    expect(summary?.wasted['corrupt']).toBeGreaterThan(WRONG.length)
  })

  it('with a poisoned manifest block is banned, and the block comes from elsewhere', async () => {
    await using peer = await startLyingPeer(poisoned(scene.honest, /^blocks/), { spans: [Buffer.from('2.0')] })
    const { summary, version } = await scene.getBeside(peer, scene.honest, 'block')
    expect(version).toBe('2.0')
    expect(summary?.bans).toEqual([{ peer: peer.id, cause: 'a manifest block that does not verify' }])
  })

  it('with metadata that cannot be read is passed over', async () => {
    const garbage = new Map([...scene.honest.keys()].map((path) => [path, Buffer.from('not metadata')]))
    await using peer = await startLyingPeer(garbage)
    expect((await scene.getBeside(peer, scene.honest, 'unreadable')).version).toBe('2.0')
  })

  it('with the metadata of another fleet is passed over', async () => {
    const other = newShelf()
    const fleet = { fleet: FLEET.replaceAll('0', '1'), members: 'open' }
    putRole(other, 'root', rootSigned({ version: 2, 'x-shoal': fleet }), KEYS.root)
    publish(other, '6.6.6', { 'version.txt': 'evil' })
    announce(other, { timestamp: { version: 99 } }, { snapshot: KEYS.stranger, timestamp: KEYS.stranger })
    await using peer = await startLyingPeer(other)
    expect((await scene.getBeside(peer, scene.honest, 'foreign')).version).toBe('2.0')
  })

  it('cannot make a device hand on what was not signed', async () => {
    const evil = poisoned(scene.honest, /^(?:blocks|packs)|timestamp/)
    await using peer = await startLyingPeer(evil, { spans: [Buffer.from('9.9')] })
    const between = await scene.start('between', {
      origin: await scene.serve(scene.honest),
      peers: [peer.address],
      lingerSeconds: 600,
    })
    await peer.asked
    await between.until('installed', { timeoutMs: 30_000 })
    const { version } = await scene.get('behind', { origin: undefined, peers: between.addresses })
    await between.kill('SIGTERM')
    expect(version).toBe('2.0')
    expect(evil.get(originPath.metadata('timestamp.json'))).not.toEqual(scene.honest.get('tuf/timestamp.json'))
  })
})
