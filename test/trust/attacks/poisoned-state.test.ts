/** Somebody writes to the device's own disk; or the disk does. What is trusted follows from root.json alone. */
import { readFile, utimes, writeFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEYS, rootSigned, targetsSigned } from '../author.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, metadataOf, newShelf, publish, putRole, ROLE, type Shelf } from './shelf.ts'

/** Several processes, one after the other. */
const MINUTES_MS = 120_000

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

const trustOf = (name: string, file: string): string => join(scene.ground.dir, 'peers', name, 'out/.shoal/trust', file)

/** As the peer keeps metadata. */
function stored(shelf: Shelf): string {
  const files = metadataOf(shelf)
  const text = (name: string): string => Buffer.from(files[name] ?? []).toString()
  const newest = (role: string): string =>
    text(Object.keys(files).findLast((name) => name.endsWith(`.${role}.json`)) ?? '')
  const roles = { timestamp: text('timestamp.json'), snapshot: newest('snapshot'), targets: newest('targets') }
  const roots = Object.keys(files).filter((name) => name.endsWith('.root.json'))
  return JSON.stringify({ v: 1, roots: roots.map(text), roles: { ...roles, [ROLE]: newest(ROLE) } })
}

/** All of a fleet of the attacker's own, under the names of this one. */
function evilFleet(): Shelf {
  const evil = KEYS.stranger
  const shelf = newShelf()
  const all = { keyids: [evil.id], threshold: 1 }
  const keys = { [evil.id]: evil.listed }
  const delegated = { name: ROLE, terminating: true, paths: ['demo/stable/*/*.release'], ...all }
  const roles = { root: all, targets: all, snapshot: all, timestamp: all }
  putRole(shelf, 'root', rootSigned({ version: 2, keys, roles }), evil)
  putRole(shelf, 'targets', targetsSigned({ version: 2, delegations: { keys, roles: [delegated] } }), evil)
  publish(shelf, '6.6.6', { 'version.txt': 'evil' })
  announce(shelf, {}, { snapshot: evil, timestamp: evil })
  return shelf
}

describe.concurrent('poisoned local state', () => {
  it('with the metadata of an attacker does not count: the root that the device was given decides', async () => {
    await scene.updated('planted')
    const evil = evilFleet()
    await writeFile(trustOf('planted', 'metadata.json'), stored(evil))
    const mirror = await scene.serve(evil)
    const { code, version } = await scene.get('planted', { origin: mirror })
    expect(code).not.toBe(0)
    expect(version).toBe('2.0')
    // And it finds back by itself.
    const next = new Map(scene.honest)
    publish(next, '3.0')
    expect((await scene.get('planted', { origin: await scene.serve(next) })).version).toBe('3.0')
  })

  it.each(['metadata.json', 'floors.json'])('with %s cut off is found, and the rest stands', async (file) => {
    await scene.updated(`cut-${file}`)
    const path = trustOf(`cut-${file}`, file)
    const whole = await readFile(path)
    await writeFile(path, whole.subarray(0, whole.length >> 1))
    // Of the two, each alone refuses what is older.
    expect((await scene.get(`cut-${file}`, { origin: await scene.serve(scene.old) })).version).toBe('2.0')
    const { summary } = await scene.get(`cut-${file}`, { origin: await scene.serve(scene.honest) })
    expect(summary).toMatchObject({ version: '2.0', changed: false })
  })

  it(
    'with files of a release changed behind its back is not handed on',
    async () => {
      const holder = await scene.start('holder', { origin: await scene.serve(scene.honest), lingerSeconds: 600 })
      await holder.until('installed', { timeoutMs: 30_000 })
      const path = join(holder.tree, 'version.txt')
      const { atime, mtime } = await stat(path)
      await writeFile(path, 'bad')
      await utimes(path, atime, mtime)
      const { code, version, peer } = await scene.get('next', {
        origin: undefined,
        peers: holder.addresses,
        timeoutSeconds: 3,
      })
      expect(code).not.toBe(0)
      expect(version).toBeUndefined()
      expect(peer.stats()?.bytes).toMatchObject({ lanPeers: 0, wasted: 0 })
      const other = await scene.get('next', { origin: await scene.serve(scene.honest), peers: holder.addresses })
      await holder.kill('SIGTERM')
      expect(other.version).toBe('2.0')
      expect(other.summary?.bans).toEqual([])
    },
    MINUTES_MS,
  )

  it('with files of a release changed is not carried into the next one', async () => {
    await scene.updated('edited')
    await writeFile(join(scene.ground.dir, 'peers/edited/out/current/version.txt'), 'bad')
    const next = new Map(scene.honest)
    publish(next, '3.0', { 'version.txt': '2.0', 'other.txt': '3.0' })
    const { code, version, summary } = await scene.get('edited', { origin: await scene.serve(next) })
    expect(code).toBe(0)
    expect(summary?.version).toBe('3.0')
    expect(version).toBe('2.0')
  })
})
