/**
 * Which release a target stands for, decided by signatures alone. The rest of the peer knows only this file: it asks for a target,
 * serves the metadata that is kept here, and hears when there is newer.
 */
import {
  findReleases,
  formatTarget,
  parseTrustedRoot,
  POLICY_FILE,
  refreshMetadata,
  ReleaseError,
  trustRoots,
  type FoundRelease,
  type MetadataFiles,
  type Policy,
  type Refreshed,
  type Target,
  type TrustedRoot,
  type TrustedSet,
} from '@shoal/release'
import type { OnEvent } from '../events.ts'
import type { Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import { pause } from '../pause.ts'
import { nodeDisk, type Disk } from '../store/index.ts'
import { checkCounter, checkFloors, raiseCounter, raiseFloors, releaseKeys } from './floors.ts'
import { claimsOf, filesByName, isSigned, othersOf, summarise, type Summary } from './kept.ts'
import { isRefusal, unresolved, Unresolved } from './failure.ts'
import type { Speakers } from './hear.ts'
import { openPolicy } from './policy.ts'
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

/** What is signed for a channel and a platform, as of one refresh. */
export interface Offered {
  /** Each version once, in no order; at least one. */
  releases: readonly FoundRelease[]
  /** Whether the policy decides which of them is installed. */
  isStaged: boolean
  from: Resolved['from']
}

export interface TrustStatus extends Summary {
  /** When a source last had something newer, or confirmed that there is nothing newer. */
  confirmedMs: number | undefined
}

export interface Trust {
  /** The newest root that is trusted. */
  readonly root: TrustedRoot
  /**
   * Refreshes metadata, keeps it, and finds what is on offer.
   * @throws PeerError NOT_FOUND, TIMEOUT, ORIGIN_UNREACHABLE; ReleaseError METADATA_EXPIRED, METADATA_UNTRUSTED, METADATA_INVALID
   */
  look(target: Target, sources: TrustSources): Promise<Offered>
  /**
   * The same, and finds the release that a target stands for. Without a pinned version never one older than was seen before.
   * @throws PeerError NOT_FOUND, TIMEOUT, ORIGIN_UNREACHABLE; ReleaseError METADATA_EXPIRED, METADATA_UNTRUSTED, METADATA_INVALID
   */
  resolve(target: Target, sources: TrustSources): Promise<Resolved>
  /** A file of verified metadata, to be served to others. */
  file(name: string): Uint8Array | undefined
  /** Verified metadata as it is kept, behind the root that was trusted first. */
  files(): MetadataFiles
  /** The clock that expiries are held against: never earlier than a time that was seen before. */
  now(): Date
  /** The newest policy that verified, also when it is expired. */
  policy(): Policy | undefined
  isStaged(channel: { product: string; channel: string }): boolean
  /**
   * Takes a policy that was heard of, unless there is as new a one.
   * @throws ReleaseError METADATA_INVALID, POLICY_INVALID, METADATA_UNTRUSTED
   */
  takePolicy(document: Uint8Array): 'news' | 'known'
  /** Called with every newer policy that was verified and kept. Returns how to stop. */
  onPolicy(listener: (document: Uint8Array) => void): () => void
  /** Called with every newer timestamp that was verified and kept. Returns how to stop. */
  onNews(listener: (timestamp: Uint8Array) => void): () => void
  status(): TrustStatus
}

export interface TrustDeps {
  disk?: Disk
  clock?: () => number
  onEvent: OnEvent
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
  { disk = nodeDisk, clock = Date.now, onEvent }: TrustDeps,
): Promise<Trust> {
  const onDamaged = (file: string): void => onEvent('trust-damaged', { file })
  const state = await openTrustState(folder, onDamaged, { disk })
  const policies = await openPolicy(folder, { disk, onEvent })
  const listeners = new Set<(timestamp: Uint8Array) => void>()
  let served = new Map<string, Uint8Array>()
  let status: TrustStatus = { versions: {}, expires: undefined, confirmedMs: undefined }
  let turn: Promise<unknown> = Promise.resolve()

  const now = (): Date => new Date(Math.max(clock(), state.floors.timeMs, BUILT_AT_MS))

  /** What was kept, behind the root that is believed without more ado: that one alone vouches for all else. */
  function kept(): MetadataFiles {
    const { roots, roles } = state.files
    const newer = roots.filter((bytes) => (claimsOf('root', bytes)?.version ?? 0) > root.version)
    return { roots: trustRoots([root.bytes, ...newer], now()).files().roots, roles }
  }

  async function once(target: Target, sources: TrustSources): Promise<Offered> {
    const before = kept()
    const problems: unknown[] = []
    const onProblem = (error: unknown): void => {
      problems.push(error)
    }
    const proves: Speakers['proves'] = (answer) => isSigned(before.roots, answer, now())
    const from = createSources({ ...sources, isKnown: before.roles.has('timestamp'), proves, onProblem })
    const roots: Uint8Array[] = []
    try {
      const refreshed = await refreshMetadata(before, from, {
        now: now(),
        onProblem,
        onVerified: (role, bytes) => {
          if (role === 'root') roots.push(bytes)
        },
      })
      const releases = await findReleases(refreshed, target)
      const newest = newestOf(releases)
      checkFloors(state.floors, refreshed.set)
      if (newest !== undefined && target.version === undefined) {
        checkCounter(state.floors, newest, releaseKeys(refreshed.set, newest.role))
      }
      await keep(refreshed, pick(releases, target))
      for (const error of problems) onEvent('metadata-refused', { message: String(error) })
      if (pick(releases, target) === undefined) throw unresolved(undefined, target, sources, from.heard())
      return {
        releases,
        isStaged: policies.isStaged(target),
        from: refreshed.confirmed ? sourceOf(from.heard()?.from) : 'disk',
      }
    } catch (error) {
      // Roots count even when the rest was not to be had: keys that were withdrawn stay withdrawn.
      if (roots.length > 0) {
        await state.save({ roots: [...before.roots, ...roots], roles: before.roles }, state.floors)
        newestRoot = newestRootOf(state.files, root)
      }
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
    const { roles } = state.files
    served = filesByName(state.files)
    newestRoot = newestRootOf(state.files, root)
    policies.judge(set)
    status = { ...summarise(set, roles), confirmedMs: confirmed ? clock() : status.confirmedMs }
  }

  async function look(target: Target, sources: TrustSources): Promise<Offered> {
    let refused: Error | undefined
    let isSecondLook = false
    for (;;) {
      try {
        return await once(target, sources)
      } catch (error) {
        if (!(error instanceof Unresolved)) throw error
        const { isFinal, failure } = error
        if (failure instanceof ReleaseError) refused = failure
        // What was wrong with what was heard says more than that in the end nobody answered.
        if (sources.signal.aborted) throw refused ?? failure
        // What a source said may have been damaged on the way: that is asked for once more.
        if (isFinal && (isSecondLook || !isRefusal(failure))) throw failure
        isSecondLook = isFinal
        await pause(RETRY_MS, sources.signal)
      }
    }
  }

  // What was kept is served from the start; whether it can be trusted, whoever asks for it decides again.
  let newestRoot = newestRootOf(kept(), root)
  served = filesByName(kept())

  /** One after the other: each begins with what the one before has kept. */
  function inTurn(target: Target, sources: TrustSources): Promise<Offered> {
    const result = turn.then(() => look(target, sources))
    turn = result.catch(() => undefined)
    return result
  }

  return {
    get root() {
      return newestRoot
    },
    look: inTurn,
    async resolve(target, sources) {
      const { releases, from } = await inTurn(target, sources)
      const found = pick(releases, target)
      if (found === undefined) throw new TypeError(`${formatTarget(target)} is on offer and is not`)
      return { ...found, from }
    },
    file: (name) => (name === POLICY_FILE ? policies.document : served.get(name)),
    files: kept,
    now,
    policy: () => policies.policy,
    isStaged: (channel) => policies.isStaged(channel),
    takePolicy: (document) => policies.take(document),
    onPolicy: (listener) => policies.onNews(listener),
    onNews(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    status: () => status,
  }
}

/** The version that is asked for, or else the one with the highest counter. */
function pick(releases: readonly FoundRelease[], { version }: Target): FoundRelease | undefined {
  return version === undefined ? newestOf(releases) : releases.find((each) => each.version === version)
}

/** Undefined when there is none. */
export function newestOf(releases: readonly FoundRelease[]): FoundRelease | undefined {
  return releases.reduce<FoundRelease | undefined>(
    (newest, each) => (newest === undefined || each.counter > newest.counter ? each : newest),
    undefined,
  )
}

function newestRootOf({ roots }: MetadataFiles, first: TrustedRoot): TrustedRoot {
  return parseTrustedRoot(roots.at(-1) ?? first.bytes)
}

function sourceOf(from: 'origin' | 'neighbour' | 'nobody' | undefined): 'origin' | 'neighbour' | 'disk' {
  return from === 'origin' || from === 'neighbour' ? from : 'disk'
}
