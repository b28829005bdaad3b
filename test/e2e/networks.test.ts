import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { startConstellation, type Constellation } from '../constellation/constellation.ts'
import type { Peer } from '../constellation/peer.ts'
import { createLab, type Lab } from '../lab/lab.ts'
import { whyNoNamespaces } from '../lab/namespaces.ts'
import { buildSampleTree } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }
const missing = whyNoNamespaces()

let stack: AsyncDisposableStack
let lab: Lab
let constellation: Constellation

beforeAll(async () => {
  stack = new AsyncDisposableStack()
  if (missing !== undefined) return
  lab = stack.use(createLab({ sites: { one: { hosts: 1 }, two: { hosts: 1 } }, servers: ['origin'] }))
  constellation = stack.use(await startConstellation({ servers: lab.server('origin') }))
})
afterAll(() => stack.disposeAsync())

it('two LANs that share no multicast meet through a DHT node, and a release gets across', async ({ skip }) => {
  if (missing !== undefined) return skip(missing)
  const tree = join(constellation.ground.dir, 'tree')
  await buildSampleTree(tree, '5.9.3')
  await constellation.publish('1.0', tree)

  const bootstrap = constellation.tracker?.addresses ?? []
  const get = (site: 'one' | 'two', more: { origin?: undefined } = {}): Promise<Peer> => {
    const [at] = lab.site(site).hosts
    const ways = { trackers: [], bootstrap, dht: true, mdns: true }
    const options = { name: site, site, mode: 'get', lingerSeconds: 600, ...ways, ...more } as const
    return constellation.startPeer({ ...options, ...(at === undefined ? {} : { at }) })
  }
  const first = await get('one')
  await first.until('installed', INSTALL)

  const second = await get('two', { origin: undefined })
  const { bytes, neighbours } = await second.until('installed', INSTALL)
  expect(compareTrees(tree, second.tree).differences).toEqual([])
  expect(bytes).toMatchObject({ origin: 0, lanPeers: 0, wanPeers: bytes.total })
  const ways = neighbours.find(({ id }) => id === first.peerId)?.foundBy
  expect(ways?.filter((way) => way !== 'inbound')).toEqual(['dht'])
})
