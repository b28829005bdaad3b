import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { createOffer } from '../links/index.ts'
import { newIdentity } from '../network/identity.ts'
import { startNode, stopNode } from '../network/index.ts'
import { startNeighbours, type NeighboursConfig } from './neighbours.ts'

const FLEET = '0123456789abcdef0123456789abcdef'

async function start(
  stack: AsyncDisposableStack,
  hello: NeighboursConfig['hello'],
  memberOf?: NeighboursConfig['memberOf'],
) {
  const { promise: banned, resolve } = Promise.withResolvers<unknown>()
  const listen = [multiaddr('/ip4/127.0.0.1/tcp/0')]
  const node = stack.adopt(
    await startNode({ fleet: FLEET, privateKey: await newIdentity(), listen, dht: 'off' }),
    stopNode,
  )
  const neighbours = stack.use(
    await startNeighbours(node, {
      fleet: FLEET,
      hello,
      offer: createOffer(() => undefined),
      paused: () => false,
      allowUpload: (_isLocal, _to, bytes) => Promise.resolve(bytes),
      onEvent: (event, fields) => (event === 'banned' ? resolve(fields['cause']) : undefined),
      ...(memberOf === undefined ? {} : { memberOf }),
    }),
  )
  return { node, neighbours, banned }
}

it.each([
  ['site', { site: 'krk', role: 'device' }],
  ['role', { site: 'waw', role: 'cache' }],
])('a member that claims another %s than its credential is banned', async (_what, credential) => {
  await using stack = new AsyncDisposableStack()
  const liar = await start(stack, { site: 'waw', role: 'device' })
  const member = await start(stack, { site: 'krk', role: 'device' }, () => credential)
  member.neighbours.consider(liar.node.peerId, liar.node.getMultiaddrs(), 'given')
  expect(await member.banned).toMatch('another site or role than its credential')
})

it('a member that claims what its credential says becomes a neighbour', async () => {
  await using stack = new AsyncDisposableStack()
  const other = await start(stack, { site: 'waw', role: 'cache' })
  const member = await start(stack, { site: 'waw', role: 'device' }, () => ({ site: 'waw', role: 'cache' }))
  const linked = new Promise((resolve) => member.neighbours.onLinked(resolve))
  member.neighbours.consider(other.node.peerId, other.node.getMultiaddrs(), 'given')
  await linked
  expect(member.neighbours.bans()).toEqual([])
  expect(member.neighbours.list()).toMatchObject([{ site: 'waw', role: 'cache', local: true }])
})
