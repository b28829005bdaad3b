/** The steps that bring an install root, or a cache, to a release: look what is on offer, fetch and verify it, make it current. */
import {
  channelTopic,
  formatTarget,
  releaseTopic,
  type FoundRelease,
  type Manifest,
  type ReleaseId,
  type ReleaseTarget,
} from '@shoal/release'
import { createAccount, type Account } from './download/account.ts'
import { downloadSpans, type DownloadProgress } from './download/download.ts'
import { fetchManifest } from './download/fetch-manifest.ts'
import { followParticipants, type Participants } from './download/participants.ts'
import type { Destination } from './destination.ts'
import { PeerError } from './error.ts'
import type { Peer } from './peer.ts'
import type { Staging, Store } from './store/index.ts'
import { DEFAULT_POLICY } from './swarm/index.ts'
import { newestOf, type Offered } from './trust/index.ts'

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

/** A release that is whole in the store, and on offer to others. */
export interface Fetched {
  manifest: Manifest
  account: Account
}

/**
 * All steps together.
 * @param choose which of what is on offer it shall be, where the target names no version; the newest unless given
 */
export async function update(
  peer: Peer,
  to: Destination,
  options: UpdateOptions,
  choose: (offered: Offered) => FoundRelease | undefined | Promise<FoundRelease | undefined> = ({ releases }) =>
    newestOf(releases),
): Promise<UpdateResult> {
  const startedMs = performance.now()
  // A cache that finds its disk wiped has nothing from then on.
  await to.store()
  const before = await to.current()
  const offered = await look(peer, to, options)
  const { version } = to.target
  const wanted =
    version === undefined ? await choose(offered) : offered.releases.find((each) => each.version === version)
  if (wanted === undefined) throw new PeerError('NOT_FOUND', `${formatTarget(to.target)} is not on offer`)
  const { manifest, account } = await fetchRelease(peer, to, { ...wanted, from: offered.from }, options)
  await to.activate(manifest.id)
  options.onPhase('activated', { release: manifest.id })
  return resultOf(manifest, account, before !== manifest.id, startedMs)
}

export function resultOf(manifest: Manifest, account: Account, changed: boolean, startedMs: number): UpdateResult {
  const { id: release, version, sizeBytes } = manifest
  return { release, version, changed, sizeBytes, account, elapsedMs: Math.round(performance.now() - startedMs) }
}

/** What is signed for the channel, by metadata that was brought up to date. */
export async function look(peer: Peer, to: Destination, options: UpdateOptions): Promise<Offered> {
  // A check that finds nothing new changes nothing of what others are told.
  if ((await to.current()) === undefined) {
    peer.discovery.follow(channelTopic(peer.root.fleet, to.target), { complete: false })
  }
  return wantedBy(options, () =>
    peer.trust.look(to.target, {
      neighbours: peer.neighbours,
      origin: peer.askableOrigin(),
      expectsNeighbours: peer.expectsNeighbours,
      signal: deadlineOf(options),
    }),
  )
}

/** Leaves the release whole in the store, and on offer. */
export function fetchRelease(
  peer: Peer,
  to: Destination,
  wanted: FoundRelease & Pick<Offered, 'from'>,
  options: UpdateOptions,
): Promise<Fetched> {
  return wantedBy(options, () => fetchWanted(peer, to, wanted, options))
}

async function fetchWanted(
  peer: Peer,
  to: Destination,
  { from, ...wanted }: FoundRelease & Pick<Offered, 'from'>,
  options: UpdateOptions,
): Promise<Fetched> {
  const store = await to.store()
  const { release, version, counter } = wanted
  options.onPhase('resolved', { release, version, counter, from })
  if ((await to.current()) !== release) {
    peer.discovery.follow(channelTopic(peer.root.fleet, to.target), { complete: false })
    peer.discovery.follow(releaseTopic(release), { complete: false })
  }
  const participants = followParticipants(peer.neighbours, release)
  try {
    const manifest = await fetchManifest(release, {
      store,
      participants,
      neighbours: peer.neighbours,
      origin: peer.askableOrigin(),
      signal: deadlineOf(options),
    })
    checkManifest(manifest, wanted)
    options.onPhase('manifest', { sizeBytes: manifest.sizeBytes, files: manifest.entries.length })
    const account = await fetchTree(peer, to, store, manifest, participants, options)
    await to.hold(manifest)
    return { manifest, account }
  } finally {
    participants.leave()
  }
}

async function wantedBy<T>({ signal }: UpdateOptions, work: () => Promise<T>): Promise<T> {
  try {
    const done = await work()
    signal.throwIfAborted()
    return done
  } catch (error) {
    // Whatever gave up first: it did because the caller wanted it.
    signal.throwIfAborted()
    throw error
  }
}

function deadlineOf({ signal, giveUpMs }: UpdateOptions): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(giveUpMs)])
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
