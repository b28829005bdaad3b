// A fleet whose peers and tracker have nothing in common but a broker: no peer knows the tracker's address, nor another peer's.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../../packages/tracker/src/fixture/broker.ts'
import { openSqliteStore } from '../../packages/tracker/src/store/sqlite/open.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { buildSampleTree } from './sample-tree.ts'

const INSTALL = { timeoutMs: 40_000 }
const HOUR = 3_600
const STEPS = ['downloaded', 'activated', 'healthy']

let world: Constellation
let broker: TestBroker
let stateDir: string
let peers: Peer[]

beforeAll(async () => {
  world = await startConstellation({ product: 'tool', tracker: false })
  await buildSampleTree(join(world.ground.dir, 'tree'), '5.9.3')
  await world.publish('1.0', join(world.ground.dir, 'tree'))
  broker = await startTestBroker()
  const { host, port } = broker.config.url
  const mqtt = { url: `mqtt://${host}:${port}`, topicPrefix: 'plant/shoal' }
  stateDir = join(world.ground.dir, 'tracker')
  const config = join(world.ground.dir, 'tracker.yaml')
  const origin = { origin: world.origin.url, originSeconds: 1 }
  const listen = { listen: ['/ip4/127.0.0.1/tcp/0'], http: '127.0.0.1:0', logLevel: 'debug' }
  await writeFile(config, JSON.stringify({ root: world.origin.root, stateDir, mqtt, ...origin, ...listen }))
  const args = ['run', '--config', config, '--json']
  await world.ground.start<{ listening: object }>('tracker', 'tracker', args).until('listening', INSTALL)
  peers = await Promise.all(
    ['one', 'two'].map((name) =>
      world.startPeer({ name, site: name, pollSeconds: HOUR, newsJitterSeconds: 0, config: { mqtt } }),
    ),
  )
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
})

it('installs what is announced by the broker alone, and loses nothing while it is away', async () => {
  await installed('1.0')
  await reported('1.0')
  await world.publish('2.0', join(world.ground.dir, 'tree'))
  await installed('2.0')

  // It comes again with nothing of what it knew.
  const { port } = broker.config.url
  await broker[Symbol.asyncDispose]()
  await world.publish('3.0', join(world.ground.dir, 'tree'))
  broker = await startTestBroker(port)
  await installed('3.0')
  for (const version of ['1.0', '2.0', '3.0']) await reported(version)
})

async function installed(version: string): Promise<void> {
  const where = (record: { version: string }): boolean => record.version === version
  await Promise.all(peers.map((peer) => peer.until('installed', { ...INSTALL, where })))
}

/** Each step of each device counts once, by way of the broker. */
async function reported(version: string): Promise<void> {
  await using store = await openSqliteStore(join(stateDir, 'tracker.db'))
  for (const { peerId } of peers) {
    const steps = async (): Promise<string[]> => {
      const { rows } = await store.deviceHistory(peerId, { limit: 200 })
      return rows
        .filter((row) => row.version === version && row.state !== 'present')
        .map(({ state }) => state)
        .toReversed()
    }
    await expect.poll(steps, { timeout: INSTALL.timeoutMs }).toEqual(STEPS)
  }
}
