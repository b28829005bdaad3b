/**
 * Which release a target stands for, decided by signatures alone. The rest of the peer knows only this file: it asks for a target,
 * serves the metadata that is kept here, and hears when there is newer.
 */
import {
  checkMetadata,
  findRelease,
  METADATA_BYTES_MAX,
  metadataFile,
  parseTrustedRoot,
  refreshMetadata,
  TrustedSet,
  type FoundRelease,
  type MetadataFiles,
  type Refreshed,
  type Target,
  type TrustedRoot,
} from '@shoal/release'
import type { Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import { pause } from '../pause.ts'
import type { Disk } from '../store/index.ts'
import { LIMITS } from '../limits.ts'
import { checkCounter, checkFloors, raiseCounter, raiseFloors, releaseKeys } from './floors.ts'
import { unresolved, Unresolved } from './failure.ts'
import { createSources } from './sources.ts'
import { openTrustState } from './state.ts'

export interface TrustSources {
  neighbours: Pick<Neighbours, 'linked' | 'onLinked' | 'ban'>
  origin: OriginClient | undefined
  /** Whether neighbours may yet appear; when not, the origin's answer is the last word. */
  expectsNeighbours: boolean
  /** Ends the wait for sources that have not answered. */
  signal: AbortSignal
}

export interface Resolved extends FoundRelease {
  /** `disk`: nobody could be asked, and what was kept is still in date. */
  from: 'origin' | 'neighbour' | 'disk'
}

export interface TrustStatus {
  versions: Record<string, number>
  /** What will be out of date first. */
  expires: { role: string; at: string } | undefined
  /** When a source last had something newer, or confirmed that there is nothing newer. */
  confirmedMs: number | undefined
}

export interface Trust {
  /** The newest root that is trusted. */
  readonly root: TrustedRoot
  /**
   * Refreshes metadata, keeps it, and finds the release. Without a pinned version never one older than was seen before.
   * @throws PeerError NOT_FOUND, TIMEOUT, ORIGIN_UNREACHABLE; ReleaseError METADATA_EXPIRED, METADATA_UNTRUSTED, METADATA_INVALID
   */
  resolve(target: Target, sources: TrustSources): Promise<Resolved>
  /** A file of verified metadata, to be served to others. */
  file(name: string): Uint8Array | undefined
  /** Whether a timestamp from anywhere is valid and newer than what is kept. */
  isNews(timestamp: Uint8Array): boolean
  /** Called with every newer timestamp that was verified and kept. Returns how to stop. */
  onNews(listener: (timestamp: Uint8Array) => void): () => void
  status(): TrustStatus
}

export interface TrustDeps {
  disk?: Disk
  clock?: () => number
  onEvent: (event: string, fields: Record<string, unknown>) => void
}

/** A clock that shows an earlier time than this is wrong. */
const BUILT_AT_MS = Date.UTC(2026, 10, 24)
const RETRY_MS = 1_000
/** The floor of time is written anew when it is this much behind. */
const TIME_STEP_MS = 3_600_000

/** @param folder for what is kept; it is made when it is absent */
export async function openTrust(
  folder: string,
  root: TrustedRoot,
  { disk, clock = Date.now, onEvent }: TrustDeps,
): Promise<Trust> {
  const onDamaged = (file: string): void => onEvent('trust-damaged', { file })
  const state = await openTrustState(folder, onDamaged, disk === undefined ? {} : { disk })
  const listeners = new Set<(timestamp: Uint8Array) => void>()
  let newestRoot = root
  let served = new Map<string, Uint8Array>()
  let status: TrustStatus = { versions: {}, expires: undefined, confirmedMs: undefined }
  let turn: Promise<unknown> = Promise.resolve()

  const now = (): Date => new Date(Math.max(clock(), state.floors.timeMs, BUILT_AT_MS))

  /** What was kept, behind the root that is believed without more ado: that one alone vouches for all else. */
  function kept(): MetadataFiles {
    const { roots, roles } = state.files
    const newer = roots.filter((bytes) => claimsOf('root', bytes).version > root.version)
    return { roots: [root.bytes, ...newer], roles }
  }

  async function once(target: Target, sources: TrustSources): Promise<Resolved> {
    const before = kept()
    const problems: unknown[] = []
    const onProblem = (error: unknown): void => {
      problems.push(error)
    }
    const from = createSources({ ...sources, isKnown: before.roles.has('timestamp'), onProblem })
    const roots: Uint8Array[] = []
    try {
      const refreshed = await refreshMetadata(before, from, {
        now: now(),
        onProblem,
        onVerified: (role, bytes) => {
          if (role === 'root') roots.push(bytes)
        },
      })
      const found = await findRelease(refreshed, target)
      checkFloors(state.floors, refreshed.set)
      if (found !== undefined && target.version === undefined) {
        checkCounter(state.floors, found, releaseKeys(refreshed.set, found.role))
      }
      await keep(refreshed, found)
      for (const error of problems) onEvent('metadata-refused', { message: String(error) })
      if (found === undefined) throw unresolved(undefined, target, sources, from.heard())
      return { ...found, from: refreshed.confirmed ? sourceOf(from.heard()?.from) : 'disk' }
    } catch (error) {
      // Roots count even when the rest was not to be had: keys that were withdrawn stay withdrawn.
      if (roots.length > 0) await state.save({ roots: [...before.roots, ...roots], roles: before.roles }, state.floors)
      throw unresolved(error, target, sources, from.heard())
    }
  }

  async function keep(refreshed: Refreshed, found: FoundRelease | undefined): Promise<void> {
    const { set, confirmed } = refreshed
    const files = set.files()
    const roles = new Map([...othersOf(refreshed), ...files.roles])
    const knownTime = now().getTime()
    const timeMs = knownTime - state.floors.timeMs >= TIME_STEP_MS ? knownTime : state.floors.timeMs
    const raised = raiseFloors(state.floors, set, timeMs)
    const floors = found === undefined ? raised : raiseCounter(raised, found, releaseKeys(set, found.role))
    const timestamp = files.roles.get('timestamp')
    const isNewer =
      timestamp !== undefined && Buffer.compare(timestamp, state.files.roles.get('timestamp') ?? Buffer.alloc(0)) !== 0
    await state.save({ roots: files.roots, roles }, floors)
    show(set, confirmed)
    if (isNewer) for (const listener of listeners) listener(timestamp)
  }

  function show(set: TrustedSet, confirmed: boolean): void {
    const { roots, roles } = state.files
    served = filesByName(roots, roles)
    newestRoot = parseTrustedRoot(roots.at(-1) ?? root.bytes)
    const signed = [...roles].map(([role, bytes]) => ({ role, ...claimsOf(kindOf(role), bytes) }))
    const all = [
      { role: 'root', version: set.root.signed.version, expires: new Date(set.root.signed.expires) },
      ...signed,
    ]
    const [soonest] = all.toSorted((a, b) => a.expires.getTime() - b.expires.getTime())
    status = {
      versions: Object.fromEntries(all.map(({ role, version }) => [role, version])),
      expires: soonest === undefined ? undefined : { role: soonest.role, at: soonest.expires.toISOString() },
      confirmedMs: confirmed ? clock() : status.confirmedMs,
    }
  }

  async function resolve(target: Target, sources: TrustSources): Promise<Resolved> {
    for (;;) {
      try {
        return await once(target, sources)
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error
        const { isFinal, failure } = error
        if (isFinal || sources.signal.aborted) throw failure
        await pause(RETRY_MS, sources.signal)
      }
    }
  }

  // What was kept is served from the start; whether it can be trusted, whoever asks for it decides again.
  served = filesByName([root.bytes, ...state.files.roots], state.files.roles)

  return {
    get root() {
      return newestRoot
    },
    resolve(target, sources) {
      // One after the other: each begins with what the one before has kept.
      const result = turn.then(() => resolve(target, sources))
      turn = result.catch(() => undefined)
      return result
    },
    file: (name) => served.get(name),
    isNews(timestamp) {
      const { roots, roles } = kept()
      const before = roles.get('timestamp')
      const version = claimsOf('timestamp', timestamp).version
      if (before !== undefined && version <= claimsOf('timestamp', before).version) return false
      const [first = root.bytes, ...newer] = roots
      const set = new TrustedSet(first, now())
      for (const bytes of newer) set.updateRoot(bytes)
      set.updateTimestamp(timestamp)
      return true
    },
    onNews(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status: () => status,
  }
}

/** Roles of other channels that were kept and that the new snapshot still stands for. */
function* othersOf({ set, stored }: Refreshed): Generator<[string, Uint8Array]> {
  const { meta = {} } = set.snapshot?.signed ?? {}
  let count = 0
  for (const [role, bytes] of stored.roles) {
    const wanted = Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`]?.version : undefined
    if (role === 'targets' || wanted === undefined || count >= LIMITS.trust.rolesKeptMax) continue
    if (claimsOf('targets', bytes).version !== wanted) continue
    count += 1
    yield [role, bytes]
  }
}

function filesByName(roots: readonly Uint8Array[], roles: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const named = new Map<string, Uint8Array>()
  for (const bytes of roots) named.set(metadataFile('root', claimsOf('root', bytes).version), bytes)
  for (const [role, bytes] of roles) {
    const version = role === 'timestamp' ? undefined : claimsOf(kindOf(role), bytes).version
    named.set(metadataFile(role, version), bytes)
  }
  return named
}

function claimsOf(kind: Parameters<typeof checkMetadata>[0], bytes: Uint8Array): ReturnType<typeof checkMetadata> {
  return checkMetadata(kind, bytes, METADATA_BYTES_MAX[kind])
}

function kindOf(role: string): 'timestamp' | 'snapshot' | 'targets' {
  return role === 'timestamp' || role === 'snapshot' ? role : 'targets'
}

function sourceOf(from: 'origin' | 'neighbour' | 'nobody' | undefined): 'origin' | 'neighbour' | 'disk' {
  return from === 'origin' || from === 'neighbour' ? from : 'disk'
}
