import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startWith, type Node } from '../fixture/fleet.ts'
import { createBoundedStore } from './bounded-store.ts'
import { newIdentity } from './identity.ts'

type Datastore = ReturnType<typeof createBoundedStore>
type Key = Parameters<Datastore['get']>[0]

/** All of a key that the store uses. */
const key = (text: string): Key => Object({ toString: () => text }) as Key
const value = (byte: number): Uint8Array => Uint8Array.of(byte)
const KINDS = [
  { prefix: '/peers/', entriesMax: 3 },
  { prefix: '/', entriesMax: 2 },
]

async function keysOf(store: Datastore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const each of store.queryKeys({ prefix })) keys.push(each.toString())
  return keys
}

describe('a bounded store', () => {
  it('forgets of each kind what was not touched for longest', async () => {
    const store = createBoundedStore(KINDS)
    for (const name of ['a', 'b', 'c']) await store.put(key(`/peers/${name}`), value(1))
    await store.put(key('/other'), value(2))
    expect(await store.get(key('/peers/a'))).toEqual(value(1))
    await store.put(key('/peers/d'), value(4))
    expect(await keysOf(store, '/peers/')).toEqual(['/peers/c', '/peers/a', '/peers/d'])
    expect(await store.has(key('/other'))).toBe(true)
  })

  it('does not hold more for writing the same again', async () => {
    const store = createBoundedStore(KINDS)
    for (let at = 0; at < 10; at++) await store.put(key('/peers/a'), value(at))
    expect(await keysOf(store, '/')).toEqual(['/peers/a'])
    expect(await store.get(key('/peers/a'))).toEqual(value(9))
  })

  it('finds by prefix, over all kinds and within one', async () => {
    const store = createBoundedStore(KINDS)
    await store.put(key('/peers/a'), value(1))
    await store.put(key('/peers/ab'), value(2))
    await store.put(key('/x'), value(3))
    expect(await keysOf(store, '/')).toHaveLength(3)
    expect(await keysOf(store, '/peers/ab')).toEqual(['/peers/ab'])
    expect(await keysOf(store, '/nothing')).toEqual([])
  })

  it('says of what it does not have that it is not found, by the name that libp2p looks for', async () => {
    const store = createBoundedStore(KINDS)
    const reading = async (): Promise<unknown> => store.get(key('/peers/none'))
    await expect(reading()).rejects.toMatchObject({ name: 'NotFoundError' })
  })

  it('does what a batch holds when it is committed, and not before', async () => {
    const store = createBoundedStore(KINDS)
    await store.put(key('/peers/a'), value(1))
    const batch = store.batch()
    batch.put(key('/peers/b'), value(2))
    batch.delete(key('/peers/a'))
    expect(await keysOf(store, '/')).toEqual(['/peers/a'])
    await batch.commit()
    expect(await keysOf(store, '/')).toEqual(['/peers/b'])
  })
})

describe('a node', () => {
  let started: Node
  let node: Libp2p
  beforeEach(async () => {
    started = await startWith()
    node = started.node
  })
  afterEach(() => started[Symbol.asyncDispose]())

  it('keeps its peers in it, with filters and all', async () => {
    const id = peerIdFromPrivateKey(await newIdentity())
    await node.peerStore.merge(id, { multiaddrs: [multiaddr('/ip4/192.0.2.1/tcp/7070')], tags: { near: { value: 5 } } })
    expect((await node.peerStore.get(id)).addresses).toHaveLength(1)
    const tagged = await node.peerStore.all({ filters: [(peer) => peer.tags.has('near')] })
    expect(tagged.map((peer) => peer.id.toString())).toEqual([id.toString()])
    await node.peerStore.delete(id)
    expect(await node.peerStore.has(id)).toBe(false)
  })
})
