import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { blockIdOf } from '@shoal/release'
import { expect, it } from 'vitest'
import { createBufferPool } from '../links/buffer-pool.ts'
import { holdingOf, MASK_ALL, receive, smallRelease } from '../links/fixture/exchange.ts'
import { linkOverStream, serveLink } from '../links/index.ts'
import { newIdentity } from '../network/identity.ts'
import { createLaneIdentity, dialLane } from '../network/index.ts'
import { FLEET, link, startFleetPeer, type FleetPeer } from './fixture/fleet.ts'
import type { Neighbour } from './neighbour.ts'

const NOBODY = { available: () => undefined, have: () => undefined, left: () => undefined, fetching: () => undefined }
const release = smallRelease()

/** Two peers, one of which has a lane to the other and wants a release of it. */
async function pair(stack: AsyncDisposableStack) {
  const [asker, holder] = await Promise.all([startFleetPeer(stack), startFleetPeer(stack)])
  holder.offer.add(holdingOf(release))
  await link(asker, holder)
  const opened = asker.next('lane-opened')
  const { slot } = asker.neighbours.follow(release.manifest.id, NOBODY)
  expect(await opened).toEqual({ peer: holder.key })
  const neighbour = neighbourOf(asker)
  if (neighbour.lane === undefined) throw new Error('no lane')
  return { asker, holder, slot, neighbour, lane: neighbour.lane }
}

function neighbourOf({ neighbours }: FleetPeer): Neighbour {
  const [neighbour] = neighbours.linked()
  if (neighbour === undefined) throw new Error('no neighbour')
  return neighbour
}

function kindsOf({ neighbours }: FleetPeer): string[] {
  return neighbours.list().map(({ lane }) => lane)
}

function ended(signal: AbortSignal): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : once(signal, 'abort')
}

it('a peer that wants a release opens a lane to a neighbour, and both say so', async () => {
  await using stack = new AsyncDisposableStack()
  const { asker, holder, slot, lane } = await pair(stack)
  const { receiver, outcome } = receive()
  lane.requestSpan(slot, 0, MASK_ALL, 90_000, receiver)
  expect(Buffer.compare(Buffer.concat(release.content), (await outcome) as Uint8Array)).toBe(0)
  expect([kindsOf(asker), kindsOf(holder)]).toEqual([['tls'], ['tls']])
  expect(holder.neighbours.sentBytes).toBeGreaterThanOrEqual(90_000)
})

it('what is followed later is asked for on the lane as well, until it is left', async () => {
  await using stack = new AsyncDisposableStack()
  const { asker, holder, lane } = await pair(stack)
  const other = smallRelease(20_000)
  holder.offer.add(holdingOf(other))
  const follows = asker.neighbours.follow(other.manifest.id, NOBODY)
  const before = receive()
  lane.requestSpan(follows.slot, 0, MASK_ALL, 60_000, before.receiver)
  expect(await before.outcome).toHaveLength(60_000)
  follows.leave()
  const after = receive()
  lane.requestSpan(follows.slot, 0, MASK_ALL, 60_000, after.receiver)
  expect(await after.outcome).toBe('absent')
})

it('a peer that wants nothing opens no lane', async () => {
  await using stack = new AsyncDisposableStack()
  const [asker, holder] = await Promise.all([startFleetPeer(stack), startFleetPeer(stack)])
  await link(asker, holder)
  expect([kindsOf(asker), kindsOf(holder)]).toEqual([['libp2p'], ['libp2p']])
})

it.each(['asker', 'holder'] as const)('an %s without lanes moves everything over libp2p', async (who) => {
  await using stack = new AsyncDisposableStack()
  const [asker, holder] = await Promise.all([
    startFleetPeer(stack, { lane: who !== 'asker' }),
    startFleetPeer(stack, { lane: who !== 'holder' }),
  ])
  holder.offer.add(holdingOf(release))
  await link(asker, holder)
  const available = new Promise((resolve) =>
    asker.neighbours.follow(release.manifest.id, { ...NOBODY, available: resolve }),
  )
  await available
  await setImmediate()
  expect([kindsOf(asker), kindsOf(holder)]).toEqual([['libp2p'], ['libp2p']])
})

it('a peer that is not connected gets no lane, though it has the certificate of one and is at the same host', async () => {
  await using stack = new AsyncDisposableStack()
  const { holder, neighbour } = await pair(stack)
  const identity = await createLaneIdentity(await newIdentity())
  const address = { host: '127.0.0.1', port: neighbour.hello?.lanePort ?? 0 }
  const lane = await dialLane(identity, address, holder.node.peerId, AbortSignal.timeout(10_000))
  let heard = 0
  lane.onData((bytes) => (heard += bytes.length))
  lane.send(Buffer.from('hello?'))
  await ended(lane.ended)
  expect(heard).toBe(0)
})

it.each(['hangs up', 'is put out'])('the lane ends with the connection when a peer %s', async (how) => {
  await using stack = new AsyncDisposableStack()
  const { asker, holder, lane } = await pair(stack)
  if (how === 'hangs up') await asker.node.hangUp(holder.node.peerId)
  else for (const connection of holder.node.getConnections()) connection.abort(new Error('revoked'))
  await ended(lane.ended)
  expect(neighbourOf.bind(undefined, holder)).toThrow('no neighbour')
})

it('the lane of a peer that is banned ends', async () => {
  await using stack = new AsyncDisposableStack()
  const { asker, holder, lane } = await pair(stack)
  holder.neighbours.ban(asker.key, 'a test')
  await ended(lane.ended)
})

it('a lane that is lost leaves the stream as it was, and another one is opened later', async () => {
  await using stack = new AsyncDisposableStack()
  const { asker, slot, neighbour, lane } = await pair(stack)
  const again = asker.next('lane-opened')
  const lost = receive()
  lane.requestSpan(slot, 0, MASK_ALL, 90_000, lost.receiver)
  lane.close(new Error('a test'))
  expect(await lost.outcome).toBe('lost')
  expect(neighbour.lane).toBeUndefined()
  const { receiver, outcome } = receive()
  neighbour.requester?.requestSpan(slot, 0, MASK_ALL, 90_000, receiver)
  expect(await outcome).toHaveLength(90_000)
  await again
  expect(neighbour.lane).toBeDefined()
})

it('what a neighbour gains is heard once while it has a lane, and nothing of it is missed when the lane is lost', async () => {
  await using stack = new AsyncDisposableStack()
  const { asker, holder, lane } = await pair(stack)
  const other = smallRelease(20_000)
  const heard: string[] = []
  let wake: () => void = () => undefined
  const tell = (word: string): void => {
    heard.push(word)
    wake()
  }
  const until = async (count: number): Promise<void> => {
    while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve))
  }
  asker.neighbours.follow(other.manifest.id, {
    available: (_, [spans]) => tell(`available ${spans}`),
    have: (_, span) => tell(`have ${span}`),
    fetching: (_, span) => tell(`fetching ${span}`),
    left: () => tell('left'),
  })
  // Neither link has it yet.
  await until(2)
  expect(heard.splice(0)).toEqual(['left', 'left'])
  holder.offer.add(holdingOf(other))
  await until(1)
  holder.offer.fetching(other.manifest.id, 5, true)
  holder.offer.gained(other.manifest.id, 5)
  await until(3)
  expect(heard.splice(0)).toEqual(['available 1', 'fetching 5', 'have 5'])
  lane.close(new Error('a test'))
  await until(1)
  holder.offer.gained(other.manifest.id, 6)
  await until(2)
  expect(heard).toEqual(['available 1', 'have 6'])
})

it('a neighbour whose port for lanes is closed is asked over libp2p', async () => {
  await using stack = new AsyncDisposableStack()
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  const asker = await startFleetPeer(stack)
  const holder = await startFleetPeer(stack, { lane: false })
  const protocol = `/shoal/${FLEET}/chunks/1`
  await holder.node.unhandle(protocol)
  const block = Uint8Array.of(0xa0)
  holder.offer.addShelf({ getBlock: () => Promise.resolve(block) })
  await holder.node.handle(protocol, (stream, { remotePeer }) =>
    serveLink(linkOverStream(remotePeer.toString(), stream), {
      hello: { role: 'device', lanePort: port, site: 'waw' },
      offer: holder.offer,
      rooms: createBufferPool(1 << 20, 1),
      tellPeers: () => Uint8Array.of(0x80),
      paused: () => false,
      onHello: () => undefined,
      onSent: () => undefined,
      onViolation: () => undefined,
    }),
  )
  const failed = asker.next('lane-failed')
  asker.neighbours.follow(release.manifest.id, NOBODY)
  await link(asker, holder)
  expect(await failed).toMatchObject({ peer: holder.key, cause: /ECONNREFUSED/ })
  expect(kindsOf(asker)).toEqual(['libp2p'])
  const signal = AbortSignal.timeout(10_000)
  expect(await neighbourOf(asker).requester?.fetchBlock(blockIdOf(block), 10, signal)).toEqual(block)
})
