/** One round of a device about one target: see what is on offer and what the policy says, and take the step that follows. */
import {
  REPORT_SOURCES,
  type DeviceFacts,
  type FoundRelease,
  type ReleaseId,
  type ReportBytes,
  type StayReason,
  type Turn,
} from '@shoal/release'
import type { Destination } from '../destination.ts'
import type { SourceBytes } from '../download/account.ts'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Peer } from '../peer.ts'
import { readOwnManifest } from '../store/index.ts'
import type { Offered } from '../trust/index.ts'
import { fetchRelease, look, resultOf, type UpdateOptions, type UpdateResult } from '../update.ts'
import { askForPolicy, type AskTracker } from './ask-policy.ts'
import type { Course } from './course.ts'
import { decideNext, goalOf, isByPolicy, isSameTurn, type Situation } from './decide.ts'
import { isUnderWay, knownRelease, type Failure, type KnownRelease } from './record.ts'

/** What holds a device where it is; `postponed`: its own hook says that it is not the time. */
export type Stay = Omit<Extract<Turn, { do: 'stay' }>, 'reason'> & { reason: StayReason | 'postponed' }
type InstallTurn = Extract<Turn, { do: 'install' }>
type ReturnTurn = Extract<Turn, { do: 'return' }>

export interface RoundConfig {
  device(): DeviceFacts
  /** Where no policy says how long a release must stay healthy. */
  soakSeconds: number
  askTracker: AskTracker
}

export interface RoundOptions extends UpdateOptions {
  /** The release is current; its soak begins. */
  onInstalled(result: UpdateResult): void
}

/** What holds the device where it is; `again` when there is a next step at once. `result` when what is current was looked through. */
export type RoundEnd = { turn: Stay; result?: UpdateResult } | 'again'

/** What others are asked for first: metadata and policy, the policy alone, or nothing, because what was heard of is here already. */
export type Ask = 'all' | 'policy' | 'nothing'

export interface Rounds {
  next(ask: Ask, options: RoundOptions): Promise<RoundEnd>
  installed(): Promise<KnownRelease | undefined>
  lastFailure(): Failure | undefined
  /** Whether the policy decides what is installed, as far as it is known. */
  isByPolicy(): boolean
}

/** The policy wants something else now. */
class Overtaken extends Error {}

export function createRounds(peer: Peer, destination: Destination, course: Course, config: RoundConfig): Rounds {
  const { target } = destination
  let offered: Offered | undefined
  /** Why the step under way did not succeed so far. */
  let lastCode: string | undefined
  const unknown = new Map<ReleaseId, KnownRelease | undefined>()

  async function installed(): Promise<KnownRelease | undefined> {
    const id = await destination.current()
    if (id === undefined) return undefined
    return knownRelease(course.record, id) ?? foundRelease(id) ?? (await unrecorded(id))
  }

  function foundRelease(id: ReleaseId): KnownRelease | undefined {
    const found = offered?.releases.find(({ release }) => release === id)
    return found === undefined ? undefined : knownOf(found)
  }

  /** Something that was installed before there were records, and is not on offer any more: anything is newer. */
  async function unrecorded(id: ReleaseId): Promise<KnownRelease | undefined> {
    if (!unknown.has(id)) {
      const manifest = await readOwnManifest(await destination.store(), id)
      unknown.set(id, manifest === undefined ? undefined : { release: id, version: manifest.version, counter: 0 })
    }
    return unknown.get(id)
  }

  async function situation(seen: Offered): Promise<Situation> {
    return {
      target,
      offered: seen,
      policy: peer.trust.policy(),
      device: config.device(),
      installed: await installed(),
      record: course.record,
      soakSeconds: config.soakSeconds,
      nowMs: peer.trust.now().getTime(),
    }
  }

  async function see(ask: Ask, options: UpdateOptions): Promise<Offered> {
    const seen = offered === undefined || ask === 'all' ? await look(peer, destination, options) : offered
    offered = seen
    if (ask !== 'nothing' && isByPolicy({ target, offered: seen })) {
      await askForPolicy(peer, config.askTracker, { widely: ask === 'all', signal: options.signal })
    }
    return seen
  }

  /** Runs until it is done, or until the policy turns; then it is aborted, and done over from the start. */
  async function unlessOvertaken<T>(
    seen: Offered,
    holds: (turn: Turn) => boolean,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const overtaken = new AbortController()
    async function review(): Promise<void> {
      if (!holds(decideNext(await situation(seen)))) overtaken.abort(new Overtaken('the policy changed'))
    }
    const stop = peer.trust.onPolicy(() => {
      review().catch((error: unknown) => peer.onEvent('policy-not-weighed', { error }))
    })
    try {
      return await work(AbortSignal.any([signal, overtaken.signal]))
    } finally {
      stop()
    }
  }

  /** What a stop left behind comes first, unless the policy wants something else of this machine. */
  async function finish(ask: Ask, options: RoundOptions): Promise<void> {
    const { signal } = options
    if (course.record.attempt?.stage === 'soaking' && offered === undefined) await tryToSee(ask, options)
    const seen = offered
    if (seen === undefined) await course.resume(signal)
    else if (leavesInPeace(decideNext(await situation(seen)))) {
      await unlessOvertaken(seen, leavesInPeace, signal, (until) => course.resume(until))
    }
    signal.throwIfAborted()
  }

  /** A release that is bad may be taken back; but one is soaked, or returned, also where nobody can be asked. */
  async function tryToSee(ask: Ask, options: RoundOptions): Promise<void> {
    try {
      await see(ask, options)
    } catch (error) {
      options.signal.throwIfAborted()
      peer.onEvent('policy-unheard', { from: 'anybody', error })
    }
  }

  /** Whether what is activated, and not healthy yet, may go on. Its own rollout has more for it where it is a version on the way. */
  function leavesInPeace(turn: Turn): boolean {
    return turn.do === 'stay' || (turn.do === 'install' && turn.rollout === course.record.attempt?.rollout)
  }

  async function install(turn: InstallTurn, seen: Offered, options: RoundOptions): Promise<RoundEnd> {
    const startedMs = performance.now()
    const wanted = goalOf({ ...target, version: turn.version }, seen.releases)
    if (wanted === undefined) throw new PeerError('NOT_FOUND', `version ${turn.version} is not on offer`)
    const { soakSeconds, timeoutSeconds, rollout } = turn
    const what = { ...knownOf(wanted), soakSeconds, timeoutSeconds, ...(rollout === undefined ? {} : { rollout }) }
    if (!isUnderWay(course.record, what)) lastCode = undefined
    await course.begin(what)
    const fetched = await fetchInTime(turn, wanted, seen, options)
    if (fetched === undefined) return 'again'
    const { manifest, account } = fetched
    await course.downloaded(reportBytes(account.bytes))
    const before = await installed()
    const nowMs = peer.trust.now().getTime()
    if (turn.activateAtMs !== undefined && turn.activateAtMs > nowMs) {
      const waits = { do: 'stay', reason: 'window', untilMs: turn.activateAtMs } as const
      return { turn: rollout === undefined ? waits : { ...waits, rollout } }
    }
    const isNew = before?.release !== wanted.release
    const result = resultOf(manifest, account, isNew, startedMs)
    const arrival = await unlessOvertaken(seen, leavesInPeace, options.signal, (until) =>
      course.activate(isNew ? before : undefined, until, () => {
        options.onPhase('activated', { release: manifest.id })
        options.onInstalled({ ...result, elapsedMs: Math.round(performance.now() - startedMs) })
      }),
    )
    options.signal.throwIfAborted()
    if (arrival === 'later') {
      const untilMs = peer.trust.now().getTime() + LIMITS.rollout.postponedMs
      return { turn: { do: 'stay', reason: 'postponed', untilMs, ...(rollout === undefined ? {} : { rollout }) } }
    }
    if (arrival === 'healthy' && !isByPolicy({ target, offered: seen })) return { turn: UP_TO_DATE }
    return 'again'
  }

  /** Undefined when the policy turned, or the time of a rollout was over. */
  async function fetchInTime(turn: InstallTurn, wanted: FoundRelease, seen: Offered, options: UpdateOptions) {
    const late = new AbortController()
    const { attempt } = course.record
    const isLimited = turn.rollout !== undefined && attempt?.stage === 'began'
    const leftMs = isLimited ? attempt.sinceMs + turn.timeoutSeconds * 1_000 - peer.trust.now().getTime() : undefined
    const timer =
      leftMs === undefined || leftMs > MAX_TIMER_MS ? undefined : setTimeout(() => late.abort(), Math.max(0, leftMs))
    try {
      return await unlessOvertaken(
        seen,
        (next) => isSameTurn(next, turn),
        options.signal,
        (until) =>
          fetchRelease(
            peer,
            destination,
            { ...wanted, from: seen.from },
            {
              ...options,
              signal: AbortSignal.any([until, late.signal]),
            },
          ),
      )
    } catch (error) {
      options.signal.throwIfAborted()
      if (late.signal.aborted) {
        await course.fail(lastCode ?? 'TIMEOUT', `it was not downloaded within ${turn.timeoutSeconds} s`)
        return undefined
      }
      if (error instanceof Overtaken) {
        await course.abandon()
        return undefined
      }
      lastCode = codeOf(error)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async function goBack(turn: ReturnTurn, seen: Offered, options: RoundOptions): Promise<RoundEnd> {
    const goal = goalOf({ ...target, version: turn.version }, seen.releases)
    const from = await installed()
    if (goal === undefined || from === undefined)
      throw new PeerError('NOT_FOUND', `version ${turn.version} is not on offer`)
    await fetchRelease(peer, destination, { ...goal, from: seen.from }, options)
    await course.returnTo(knownOf(goal), from, turn.rollout, options.signal)
    return 'again'
  }

  /** Fetches what is missing of what is current, and offers it. */
  async function mend(seen: Offered, options: RoundOptions): Promise<UpdateResult> {
    const startedMs = performance.now()
    const wanted = goalOf(target, seen.releases) as FoundRelease
    const { manifest, account } = await fetchRelease(peer, destination, { ...wanted, from: seen.from }, options)
    await destination.activate(manifest.id)
    options.onPhase('activated', { release: manifest.id })
    return resultOf(manifest, account, false, startedMs)
  }

  return {
    installed,
    lastFailure: () => course.record.failed.at(-1),
    isByPolicy: () => offered !== undefined && isByPolicy({ target, offered }),
    async next(ask, options) {
      await finish(ask, options)
      const seen = await see(ask, options)
      const turn = decideNext(await situation(seen))
      switch (turn.do) {
        case 'install':
          return install(turn, seen, options)
        case 'return':
          return goBack(turn, seen, options)
        case 'stay':
          return ask === 'all' && turn.reason === 'up-to-date' && !isByPolicy({ target, offered: seen })
            ? { turn, result: await mend(seen, options) }
            : { turn }
      }
    },
  }
}

const UP_TO_DATE = { do: 'stay', reason: 'up-to-date' } as const

/** The longest that a timer of Node can be. */
const MAX_TIMER_MS = 2 ** 31 - 1

function knownOf({ release, version, counter }: FoundRelease): KnownRelease {
  return { release, version, counter }
}

/** What a report has no word for was on this disk. */
function reportBytes(bytes: SourceBytes): ReportBytes {
  const all = { ...bytes, reused: bytes.reused + bytes.resumed }
  return Object.fromEntries(REPORT_SOURCES.map((source) => [source, all[source]])) as ReportBytes
}

function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined
}
