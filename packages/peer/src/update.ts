/** Brings an install root, or a cache, to the release that a target stands for: resolve, fetch, verify, install, go on serving. */
import { channelTopic, releaseTopic, type Manifest, type ReleaseId, type ReleaseTarget } from '@shoal/release'
import { createAccount, type Account } from './download/account.ts'
import { downloadSpans, type DownloadProgress } from './download/download.ts'
import { fetchManifest } from './download/fetch-manifest.ts'
import { followParticipants, type Participants } from './download/participants.ts'
import type { Destination } from './destination.ts'
import { PeerError } from './error.ts'
import type { Peer } from './peer.ts'
import type { Staging, Store } from './store/index.ts'
import { DEFAULT_POLICY } from './swarm/index.ts'

export interface UpdateOptions {
  /** No source found, or no byte received, for this long is a TIMEOUT. */
  giveUpMs: number
  /** How long neighbours are looked for before the origin is asked; from when the peer was started. */
  settleMs: number
  /** How long neighbours must have delivered nothing before the origin is asked for content. */
  originDelayMs: number
  signal: AbortSignal
  onPhase(phase: UpdatePhase, fields: Record<string, unknown>): void
  onProgress(progress: DownloadProgress): void
}

export type UpdatePhase = 'resolved' | 'manifest' | 'staged' | 'downloaded' | 'activated'

export interface UpdateResult {
  release: ReleaseId
  version: string
  /** False when the release was installed and current already. */
  changed: boolean
  sizeBytes: number
  account: Account
  elapsedMs: number
}

export async function update(peer: Peer, to: Destination, options: UpdateOptions): Promise<UpdateResult> {
  try {
    return await bringUpToDate(peer, to, options)
  } catch (error) {
    // Whatever gave up first: it did because the caller wanted it.
    options.signal.throwIfAborted()
    throw error
  }
}

async function bringUpToDate(peer: Peer, to: Destination, options: UpdateOptions): Promise<UpdateResult> {
  const startedMs = performance.now()
  const { target } = to
  const store = await to.store()
  const deadline = (): AbortSignal => AbortSignal.any([options.signal, AbortSignal.timeout(options.giveUpMs)])
  const topic = channelTopic(peer.root.fleet, target)
  const current = await to.current()
  // A check that finds nothing new changes nothing of what others are told.
  if (current === undefined) peer.discovery.follow(topic, { complete: false })
  const { from, ...wanted } = await peer.trust.resolve(target, {
    neighbours: peer.neighbours,
    origin: peer.askableOrigin(),
    expectsNeighbours: peer.expectsNeighbours,
    signal: deadline(),
  })
  options.signal.throwIfAborted()
  options.onPhase('resolved', { release: wanted.release, version: wanted.version, counter: wanted.counter, from })
  const changed = current !== wanted.release
  if (changed) {
    peer.discovery.follow(topic, { complete: false })
    peer.discovery.follow(releaseTopic(wanted.release), { complete: false })
  }
  const participants = followParticipants(peer.neighbours, wanted.release)
  try {
    const manifest = await fetchManifest(wanted.release, {
      store,
      participants,
      neighbours: peer.neighbours,
      origin: peer.askableOrigin(),
      signal: deadline(),
    })
    checkManifest(manifest, wanted)
    options.onPhase('manifest', { sizeBytes: manifest.sizeBytes, files: manifest.entries.length })
    const account = await fetchTree(peer, to, store, manifest, participants, options)
    await to.adopt(manifest)
    options.onPhase('activated', { release: manifest.id })
    const elapsedMs = Math.round(performance.now() - startedMs)
    const { id: release, version, sizeBytes } = manifest
    return { release, version, changed, sizeBytes, account, elapsedMs }
  } finally {
    participants.leave()
  }
}

/** Leaves the release whole in the store, offered to others from its first chunk on. */
async function fetchTree(
  peer: Peer,
  to: Destination,
  store: Store,
  manifest: Manifest,
  participants: Participants,
  options: UpdateOptions,
): Promise<Account> {
  const total = manifest.chunks.bytes
  if ((await store.installed()).includes(manifest.id)) return createAccount(total, total, 0)
  await to.makeRoom(manifest)
  await using staging = await store.stage(manifest, { signal: options.signal })
  options.onPhase('staged', { reused: staging.reusedBytes, resumed: staging.resumedBytes })
  const account = createAccount(total, staging.reusedBytes, staging.resumedBytes)
  peer.offer.add(staging)
  try {
    do {
      await downloadSpans({
        self: peer.id,
        staging,
        account,
        participants,
        neighbours: peer.neighbours,
        offer: peer.offer,
        origin: peer.origin,
        traffic: peer.traffic,
        policy: { ...DEFAULT_POLICY, originDelayMs: options.originDelayMs },
        gentleMs: peer.expectsNeighbours ? options.settleMs : 0,
        settleMs: peer.expectsNeighbours ? Math.max(0, peer.lookingSinceMs + options.settleMs - performance.now()) : 0,
        giveUpMs: options.giveUpMs,
        random: Math.random,
        paused: () => peer.isPaused(),
        onProgress: (progress) => options.onProgress(progress),
        signal: options.signal,
      })
      options.onPhase('downloaded', {})
    } while (!(await finished(staging)))
    // The finished staging stays on offer until the installed release takes its place.
    return account
  } catch (error) {
    peer.offer.remove(manifest.id)
    throw error
  }
}

/** False when a file that was shared with the previous release was edited meanwhile: its chunks are missing again. */
async function finished(staging: Staging): Promise<boolean> {
  try {
    await staging.finish()
    return true
  } catch (error) {
    if (error instanceof PeerError && error.code === 'CHUNK_GONE') return false
    throw error
  }
}

/** The signatures cover these words twice: in the target's path and, through the release's id, in the manifest. */
function checkManifest(manifest: Manifest, wanted: ReleaseTarget): void {
  for (const field of ['product', 'version', 'platform'] as const) {
    if (manifest[field] === wanted[field]) continue
    throw new PeerError(
      'RELEASE_MISMATCH',
      `the manifest says ${field} ${manifest[field]}, the signed target ${wanted[field]}`,
    )
  }
}
