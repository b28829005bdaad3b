/** One install root of a running peer: its store, and what of it is on offer. */
import { channelTopic, releaseTopic, type Manifest, type ReleaseId, type Target } from '@shoal/release'
import type { Destination } from './destination.ts'
import { PeerError } from './error.ts'
import { install, recover } from './install/index.ts'
import type { Peer } from './peer.ts'
import { openStore, readOwnManifest, type Holding } from './store/index.ts'

/** Opens the store, mends what a killed peer left, and offers the release that is current. */
export async function openInstallRoot(peer: Peer, out: string, target: Target): Promise<Destination> {
  await using stack = new AsyncDisposableStack()
  const store = stack.use(await openStore(out))
  const holdings = new Map<ReleaseId, Holding>()
  stack.defer(async () => {
    for (const id of [...holdings.keys()]) await retire(id)
  })
  peer.offer.addShelf(store)
  stack.defer(() => peer.offer.removeShelf(store))

  async function retire(id: ReleaseId): Promise<void> {
    const holding = holdings.get(id)
    holdings.delete(id)
    peer.offer.remove(id)
    peer.discovery.unfollow(releaseTopic(id))
    await holding?.[Symbol.asyncDispose]()
  }

  async function offerInstalled(manifest: Manifest): Promise<void> {
    const { id } = manifest
    if (!holdings.has(id)) {
      const holding = await store.open(manifest)
      if (holding === undefined) throw new PeerError('STORE_CORRUPT', `release ${id} is gone from ${store.out}`)
      holdings.set(id, holding)
      peer.offer.add(holding)
    }
    peer.discovery.follow(channelTopic(peer.root.fleet, target), { complete: true })
    peer.discovery.follow(releaseTopic(id), { complete: true })
  }

  async function retireRemoved(): Promise<void> {
    const installed = await store.installed()
    for (const held of [...holdings.keys()]) if (!installed.includes(held)) await retire(held)
  }

  async function offerOwn(id: ReleaseId): Promise<void> {
    const manifest = await readOwnManifest(store, id)
    if (manifest !== undefined) await offerInstalled(manifest)
  }

  await recover(store)
  const current = await store.current()
  if (current !== undefined) await offerOwn(current)
  const kept = stack.move()
  return {
    target,
    folder: store.out,
    store: () => Promise.resolve(store),
    current: () => store.current(),
    makeRoom: () => Promise.resolve(),
    hold: offerInstalled,
    async activate(id) {
      if ((await store.current()) !== id) await install(store, id, { keepPrevious: 1 })
      if (!holdings.has(id)) await offerOwn(id)
      await retireRemoved()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
