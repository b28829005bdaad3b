// Three daemons of one fleet, of which one looks for releases every second and the others once an hour.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { buildSampleTree } from './sample-tree.ts'

const INSTALL = { timeoutMs: 30_000 }
const HOUR = 3_600

let world: Constellation

beforeAll(async () => {
  world = await startConstellation({ product: 'tool' })
  await buildSampleTree(join(world.ground.dir, 'tree'), '5.9.3')
  await world.publish('1.0', join(world.ground.dir, 'tree'))
})

afterAll(() => world[Symbol.asyncDispose]())

it('a release that one peer finds reaches those that look once an hour within seconds', async () => {
  const slow = await Promise.all(
    ['far-1', 'far-2'].map((name) => world.startPeer({ name, site: 'far', pollSeconds: HOUR })),
  )
  const quick = await world.startPeer({
    name: 'near-1',
    site: 'near',
    peers: slow.flatMap(({ addresses }) => addresses),
  })
  await Promise.all([...slow, quick].map((peer) => installed(peer, '1.0')))
  await Promise.all(slow.map((peer) => connectedTo(peer, quick)))
  await world.publish('2.0', join(world.ground.dir, 'tree'))
  await Promise.all([...slow, quick].map((peer) => installed(peer, '2.0')))
})

function installed(peer: Peer, version: string): Promise<unknown> {
  return peer.until('installed', { ...INSTALL, where: (record) => record.version === version })
}

/** Both are neighbours of each other: a later message finds its way. */
async function connectedTo(peer: Peer, other: Peer): Promise<void> {
  const neighbours = async (): Promise<string[]> => {
    const status = (await peer.status()) as { neighbours: { id: string }[] }
    return status.neighbours.map(({ id }) => id)
  }
  await expect.poll(neighbours, { timeout: INSTALL.timeoutMs }).toContain(other.peerId)
}
