import { cp, mkdir, readdir, readlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { startOriginProxy } from '../faults/origin-proxy.ts'
import { chooseSeed, seededRandom } from './random.ts'
import { noise } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }
const KILLS = 20
const FLIPS = 6
/** What is in flight from an origin this slow, and the documents that every run fetches again. */
const IN_FLIGHT_BYTES_MAX = 5 << 20

const seed = chooseSeed()
const random = seededRandom(seed)

let world: Constellation
const trees: Record<string, string> = {}
const versionOf: Record<string, string> = {}

beforeAll(async () => {
  console.log(`moments of the kills: SHOAL_TEST_SEED=${seed}`)
  world = await startConstellation({ product: 'tool', tracker: false })
  await publish('big', { a: 12 << 20, b: 12 << 20 })
  await publish('1.0', { a: 200_000, b: 300_000 })
  await publish('2.0', { a: 200_000, b: 400_000, c: 500_000 })
})
afterAll(() => world[Symbol.asyncDispose]())

async function publish(version: string, files: Record<string, number>): Promise<void> {
  const tree = join(world.ground.dir, version)
  await mkdir(tree)
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(tree, name), noise(name, bytes))
  trees[version] = tree
  versionOf[(await world.publish(version, tree)).release] = version
}

describe.concurrent('a peer that is killed', () => {
  it(`at ${KILLS} random moments of a download goes on where it was, and fetches again only what was in flight`, async () => {
    await using proxy = await startOriginProxy(world.origin.url)
    proxy.fail({ kind: 'drip', pieceBytes: 32 << 10, everyMs: 5 }, { when: ({ path }) => path.startsWith('/packs/') })
    let attempt = 0
    const start = (): Promise<Peer> =>
      world.startPeer({ name: `killed-${attempt}`, mode: 'get', target: 'tool@stable:big', origin: proxy.url })

    let heldBytes = 0
    let reportedBytes = 0
    let wireBefore = 0
    let wireSeen = 0
    for (let kill = 0; kill < KILLS;) {
      const peer = await start()
      await Promise.race([delay(random() * 1_000), peer.program.exited])
      const { signal } = await peer.kill('SIGKILL')
      const staged = await stagedBytes(peer)
      if (staged !== undefined) {
        // What was reported as done before the last kill is still there; what came and is not there was in flight.
        expect(staged, `seed ${seed}, kill ${kill}`).toBeGreaterThanOrEqual(reportedBytes)
        expect(wireBefore - (staged - heldBytes), `seed ${seed}, kill ${kill}`).toBeLessThan(IN_FLIGHT_BYTES_MAX)
        heldBytes = staged
        reportedBytes = peer.program.latest('progress')?.doneBytes ?? staged
        wireBefore = 0
      }
      wireBefore += proxy.bytes - wireSeen
      wireSeen = proxy.bytes
      if (signal === 'SIGKILL') kill++
      // Done before it was killed: once more from the beginning, elsewhere.
      if ((await readdir(join(peer.out, 'releases'))).length > 0) {
        attempt++
        heldBytes = reportedBytes = wireBefore = 0
      }
    }
    const last = await start()
    const { bytes } = await last.until('summary', INSTALL)
    expect(bytes.resumed + bytes.origin).toBe(bytes.total)
    expect(bytes.resumed).toBeGreaterThanOrEqual(reportedBytes)
    expect(compareTrees(trees['big'] ?? '', last.tree).differences).toEqual([])
  }, 120_000)

  it(`at ${FLIPS} random moments of an activation has the old release or the new one, whole`, async () => {
    const installed = await world.startPeer({ name: 'flipped', mode: 'get', target: 'tool@stable:1.0' })
    await installed.until('summary', INSTALL)
    for (let flip = 0; flip < FLIPS; flip++) {
      const name = `flipped-${flip}`
      const out = join(world.ground.dir, 'peers', name, 'out')
      await cp(installed.out, out, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
      const options = { name, mode: 'get', target: 'tool@stable:2.0' } as const
      const peer = await world.startPeer(options)
      await peer.until('phase', { ...INSTALL, where: ({ phase }) => phase === 'downloaded' })
      await delay(random() * 60)
      await peer.kill('SIGKILL')
      const version = versionOf[basename(await readlink(join(out, 'current')))] ?? ''
      expect(['1.0', '2.0'], `seed ${seed}, flip ${flip}`).toContain(version)
      expect(compareTrees(trees[version] ?? '', peer.tree).differences).toEqual([])
      const again = await world.startPeer(options)
      expect(await again.until('summary', INSTALL)).toMatchObject({ version: '2.0', bytes: { origin: 0 } })
      expect(compareTrees(trees['2.0'] ?? '', peer.tree).differences).toEqual([])
    }
  }, 120_000)
})

/** What it found of its earlier run; undefined when it was killed before it looked. */
async function stagedBytes(peer: Peer): Promise<number | undefined> {
  for await (const record of peer.records()) {
    if (record.type === 'phase' && record.phase === 'staged') return record.resumed
  }
  return undefined
}
