import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareTrees } from '../constellation/compare-trees.ts'
import { openGround, type Ground, type ProgramName } from '../constellation/ground.ts'
import type { PeerRecords } from '../constellation/peer-records.ts'
import { startProgram, type Program } from '../constellation/process.ts'
import { createLans, type Lans } from './lans.ts'
import { buildSampleTree } from './sample-tree.ts'

const INSTALL = { timeoutMs: 50_000 }
const START = { timeoutMs: 30_000 }

let stack: AsyncDisposableStack
let ground: Ground
let lans: Lans | undefined

beforeAll(async () => {
  stack = new AsyncDisposableStack()
  ground = stack.use(await openGround())
  lans = createLans()
  if (lans !== undefined) stack.use(lans)
})
afterAll(() => stack.disposeAsync())

/** Stopped before the namespaces are removed. */
function startIn<R extends object>(
  [command = '', ...prefix]: readonly string[],
  program: ProgramName,
  name: string,
  args: string[],
): Program<R> {
  const main = fileURLToPath(new URL(`../../packages/${program}/bin/shoal-${program}.js`, import.meta.url))
  const logFile = join(ground.logs, `${name}.log`)
  const everything = [...prefix, process.execPath, main, ...args]
  return stack.use(startProgram<R>({ name, command, args: everything, env: process.env, logFile }))
}

it('two LANs that share no multicast meet through a DHT node, and a release gets across', async ({ skip }) => {
  if (lans === undefined) return skip('network namespaces need root and iproute2')
  const { via, routerHost } = lans
  const tree = join(ground.dir, 'tree')
  await buildSampleTree(tree, '5.9.3')
  const repository = join(ground.dir, 'repository')
  const origin = join(ground.dir, 'origin')
  const { root } = await ground.run<{ root: string }>('seeder', 'init', ['init', '--repo', repository, '--json'])
  const release = ['--product', 'tool', '--channel', 'stable', '--version', '1.0']
  await ground.run('seeder', 'publish', [
    'publish',
    tree,
    '--repo',
    repository,
    '--origin',
    origin,
    ...release,
    '--json',
  ])

  const serve = ['serve', '--origin', origin, '--listen', `${routerHost}:0`, '--json']
  const server = startIn<{ listening: { url: string } }>(via.router, 'seeder', 'origin', serve)
  const { url } = await server.until('listening', START)
  const listen = ['--listen', `/ip4/${routerHost}/tcp/0`, '--http', '127.0.0.1:0', '--json']
  const node = startIn<{ listening: { addresses: string[] } }>(via.router, 'tracker', 'dht', [
    'run',
    '--root',
    root,
    ...listen,
  ])
  const { addresses } = await node.until('listening', START)

  const get = (lan: 'one' | 'two', source: string[]): Program<PeerRecords> => {
    const out = ['--out', join(ground.dir, lan), '--bootstrap', addresses[0] ?? '', '--site', lan]
    return startIn<PeerRecords>(via[lan], 'peer', lan, [
      ...['get', 'tool@stable', '--root', root, ...out, '--linger', '600', ...source, '--json'],
    ])
  }
  const first = get('one', ['--origin', url])
  await first.until('installed', INSTALL)
  const { peerId } = await first.until('listening', START)

  const { bytes, neighbours } = await get('two', ['--no-origin']).until('installed', INSTALL)
  expect(compareTrees(tree, join(ground.dir, 'two', 'current')).differences).toEqual([])
  expect(bytes).toMatchObject({ origin: 0, lanPeers: 0, wanPeers: bytes.total })
  const ways = neighbours.find(({ id }) => id === peerId)?.foundBy
  expect(ways?.filter((way) => way !== 'inbound')).toEqual(['dht'])
})
