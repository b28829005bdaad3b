/**
 * What a peer of role `cache` holds: whole releases of all channels that it follows, in one store, none of them activated, within a
 * limit on their size. Held releases share unchanged files on disk, which the limit does not count on.
 */
import { stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { channelTopic, formatTarget, releaseTopic, type Manifest, type ReleaseId, type Target } from '@shoal/release'
import type { Destination } from '../destination.ts'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Peer } from '../peer.ts'
import { openStore, readOwnManifest, type Holding, type Store } from '../store/index.ts'
import { makeRoom, type HeldRelease } from './make-room.ts'
import { noticed } from './noticed.ts'

export interface CacheStatus {
  folder: string
  bytes: number
  bytesMax: number
  releases: number
}

export interface Cache extends AsyncDisposable {
  destination(target: Target): Destination
  status(): CacheStatus
}

interface Held {
  holding: Holding
  bytes: number
  usedMs: number
  /** What of that is on disk, for the next start. */
  writtenMs: number
}

type Host = Pick<Peer, 'offer' | 'discovery' | 'root'>

/** Times of use are written down this much apart. */
const WRITE_USE_MS = 60_000

/** Opens the folder and offers what is in it. */
export async function openCache(peer: Host, folder: string, bytesMax: number): Promise<Cache> {
  let store = await openStore(folder)
  const held = new Map<ReleaseId, Held>()
  /** Target → the release that it stands for here, and the one that is being fetched for it. */
  const currents = new Map<string, ReleaseId>()
  const incoming = new Map<string, Manifest>()
  let turn: Promise<unknown> = Promise.resolve()

  /** One after the other: each begins with what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  const pathOf = (id: ReleaseId): string => join(store.out, 'releases', id)

  async function offer(manifest: Manifest, usedMs: number): Promise<void> {
    const { id } = manifest
    const holding = await store.open(manifest)
    if (holding === undefined) throw new PeerError('STORE_CORRUPT', `release ${id} is gone from ${store.out}`)
    const entry: Held = { holding, bytes: manifest.sizeBytes, usedMs, writtenMs: usedMs }
    held.set(id, entry)
    peer.offer.add(noticed(holding, () => use(id, entry)))
    peer.discovery.follow(releaseTopic(id), { complete: true })
  }

  function use(id: ReleaseId, entry: Held): void {
    entry.usedMs = Date.now()
    if (entry.usedMs - entry.writtenMs < WRITE_USE_MS) return
    entry.writtenMs = entry.usedMs
    // Should the folder be gone, there is no use to remember.
    utimes(pathOf(id), new Date(), new Date()).catch(() => undefined)
  }

  async function giveUp(id: ReleaseId): Promise<void> {
    const entry = held.get(id)
    held.delete(id)
    peer.offer.remove(id)
    peer.discovery.unfollow(releaseTopic(id))
    await entry?.holding[Symbol.asyncDispose]()
  }

  /** A disk that was wiped or replaced meanwhile is begun anew; whoever asked for what was on it has been told that it is absent. */
  async function mended(): Promise<Store> {
    if (await isThere(join(store.out, '.shoal', 'blocks'))) return store
    for (const id of [...held.keys()]) await giveUp(id)
    currents.clear()
    peer.offer.removeShelf(store)
    await store[Symbol.asyncDispose]()
    store = await openStore(folder)
    peer.offer.addShelf(store)
    return store
  }

  async function take(target: Target, manifest: Manifest): Promise<void> {
    const key = keyOf(target)
    // What is held and has to be fetched is gone from the disk.
    if (held.has(manifest.id)) await giveUp(manifest.id)
    incoming.delete(key)
    const pinned = new Set([...currents].filter(([other]) => other !== key).map(([, id]) => id))
    const all = [
      ...[...held].map(([id, { bytes, usedMs }]): HeldRelease => ({ id, bytes, usedMs, isPinned: pinned.has(id) })),
      ...[...incoming.values()].map(({ id, sizeBytes }): HeldRelease => {
        return { id, bytes: sizeBytes, usedMs: Date.now(), isPinned: true }
      }),
    ]
    const limits = { bytesMax, releasesMax: LIMITS.cacheReleasesMax }
    const given = makeRoom(all, manifest.sizeBytes, limits, Date.now())
    if (given === undefined) throw noRoom(target, manifest, all, bytesMax)
    incoming.set(key, manifest)
    for (const id of given) await giveUp(id)
    await store.prune([...held.keys(), ...[...incoming.values()].map(({ id }) => id)])
  }

  async function hold(target: Target, manifest: Manifest): Promise<void> {
    if (!held.has(manifest.id)) await offer(manifest, Date.now())
    incoming.delete(keyOf(target))
    currents.set(keyOf(target), manifest.id)
    peer.discovery.follow(channelTopic(peer.root.fleet, target), { complete: true })
  }

  await store.sweep()
  peer.offer.addShelf(store)
  for (const id of await store.installed()) {
    const manifest = await readOwnManifest(store, id)
    if (manifest !== undefined) await offer(manifest, (await stat(pathOf(id))).mtimeMs)
  }

  return {
    destination: (target) => ({
      target,
      folder: store.out,
      store: () => inTurn(mended),
      current: () => Promise.resolve(currents.get(keyOf(target))),
      makeRoom: (manifest) => inTurn(() => take(target, manifest)),
      hold: (manifest) => inTurn(() => hold(target, manifest)),
      activate: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    status: () => ({
      folder: store.out,
      bytes: [...held.values()].reduce((sum, { bytes }) => sum + bytes, 0),
      bytesMax,
      releases: held.size,
    }),
    async [Symbol.asyncDispose]() {
      await turn
      for (const id of [...held.keys()]) await giveUp(id)
      peer.offer.removeShelf(store)
      await store[Symbol.asyncDispose]()
    },
  }
}

function keyOf(target: Target): string {
  return `${formatTarget(target)} ${target.platform}`
}

function noRoom(target: Target, { version, sizeBytes }: Manifest, all: HeldRelease[], bytesMax: number): PeerError {
  const pinnedBytes = all.reduce((sum, { bytes, isPinned }) => sum + (isPinned ? bytes : 0), 0)
  return new PeerError(
    'DISK_FULL',
    `${formatTarget(target)} ${version} has ${sizeBytes} bytes, and the cache, of ${bytesMax}, needs ${pinnedBytes} for other channels`,
    { fix: 'raise cacheBytes, or follow fewer channels' },
  )
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
