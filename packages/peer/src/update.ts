/** Brings one install root to the release that a target stands for: resolve, fetch, verify, install, go on serving. */
import { channelTopic, releaseTopic, type Manifest, type ReleaseId, type Statement, type Target } from '@shoal/release'
import { createAccount, type Account } from './download/account.ts'
import { downloadSpans, type DownloadProgress } from './download/download.ts'
import { fetchManifest } from './download/fetch-manifest.ts'
import { followParticipants } from './download/participants.ts'
import { PeerError } from './error.ts'
import { install } from './install/index.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store/index.ts'
import { DEFAULT_POLICY } from './swarm/index.ts'
import { resolveRelease } from './trust/index.ts'

export interface UpdateOptions {
  /** No source found, or no byte received, for this long is a TIMEOUT. */
  giveUpMs: number
  /** How long neighbours are looked for before the origin is asked. */
  settleMs: number
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

export async function update(peer: Peer, store: Store, target: Target, options: UpdateOptions): Promise<UpdateResult> {
  try {
    return await bringTo(peer, store, target, options)
  } catch (error) {
    // Whatever gave up first: it did because the caller wanted it.
    options.signal.throwIfAborted()
    throw error
  }
}

async function bringTo(peer: Peer, store: Store, target: Target, options: UpdateOptions): Promise<UpdateResult> {
  const startedMs = performance.now()
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(options.giveUpMs)])
  peer.discovery.follow(channelTopic(peer.root.fleet, target), { complete: false })
  const { statement, from } = await resolveRelease(target, peer.root, {
    store,
    neighbours: peer.neighbours,
    origin: peer.origin,
    expectsNeighbours: peer.expectsNeighbours,
    signal: deadline,
  })
  options.signal.throwIfAborted()
  options.onPhase('resolved', { release: statement.release, version: statement.version, from })
  peer.discovery.follow(releaseTopic(statement.release), { complete: false })
  const participants = followParticipants(peer.neighbours, statement.release)
  let account: Account
  let manifest: Manifest
  const changed = (await store.current()) !== statement.release
  try {
    manifest = await fetchManifest(statement.release, {
      store,
      participants,
      neighbours: peer.neighbours,
      origin: peer.origin,
      signal: deadline,
    })
    checkManifest(manifest, statement)
    options.onPhase('manifest', { sizeBytes: manifest.sizeBytes, files: manifest.entries.length })
    account = await fetchTree(manifest)
  } finally {
    participants.leave()
  }
  const holding = await store.open(manifest)
  if (holding === undefined) throw new PeerError('STORE_CORRUPT', `release ${manifest.id} is gone from ${store.out}`)
  peer.offer.add(holding)
  peer.discovery.follow(channelTopic(peer.root.fleet, target), { complete: true })
  peer.discovery.follow(releaseTopic(manifest.id), { complete: true })
  options.onPhase('activated', { release: manifest.id })
  const { version } = statement
  const elapsedMs = Math.round(performance.now() - startedMs)
  return { release: manifest.id, version, changed, sizeBytes: manifest.sizeBytes, account, elapsedMs }

  async function fetchTree(manifest: Manifest): Promise<Account> {
    if ((await store.installed()).includes(manifest.id)) {
      if (changed) await install(store, manifest.id, { keepPrevious: 1 })
      return createAccount(manifest.chunks.bytes, changed ? manifest.chunks.bytes : 0, 0)
    }
    await using staging = await store.stage(manifest, { signal: options.signal })
    options.onPhase('staged', { reused: staging.reusedBytes, resumed: staging.resumedBytes })
    peer.offer.add(staging)
    try {
      const account = await downloadSpans({
        self: peer.id,
        staging,
        participants,
        neighbours: peer.neighbours,
        offer: peer.offer,
        origin: peer.origin,
        policy: DEFAULT_POLICY,
        settleMs: peer.expectsNeighbours ? options.settleMs : 0,
        giveUpMs: options.giveUpMs,
        random: Math.random,
        paused: () => peer.isPaused(),
        onProgress: (progress) => options.onProgress(progress),
        signal: options.signal,
      })
      options.onPhase('downloaded', {})
      await staging.finish()
      await install(store, manifest.id, { keepPrevious: 1 })
      return account
    } catch (error) {
      peer.offer.remove(manifest.id)
      throw error
    }
  }
}

/** The signature covers these words twice: in the statement and, through the release's id, in the manifest. */
function checkManifest(manifest: Manifest, statement: Statement): void {
  for (const field of ['product', 'version', 'platform'] as const) {
    if (manifest[field] === statement[field]) continue
    throw new PeerError(
      'STATEMENT_MISMATCH',
      `the manifest says ${field} ${manifest[field]}, the signed statement ${statement[field]}`,
    )
  }
}
