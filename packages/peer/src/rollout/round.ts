/** One round of a device about one target: see what is on offer and what the policy says, and take the step that follows. */
import type { FoundRelease, StayReason, Turn } from '@shoal/release'
import type { Destination } from '../destination.ts'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Peer } from '../peer.ts'
import { movedOf } from '../reports/index.ts'
import type { Offered } from '../trust/index.ts'
import { fetchRelease, resultOf, type Fetched, type UpdateOptions, type UpdateResult } from '../update.ts'
import type { Course } from './course.ts'
import { goalOf, isByPolicy, isSameTurn } from './decide.ts'
import { createOutlook, knownOf, Overtaken, type Ask, type OutlookConfig } from './outlook.ts'
import { isUnderWay, type Failure, type KnownRelease } from './record.ts'

/** What holds a device where it is; `postponed`: its own hook says that it is not the time. */
export type Stay = Omit<Extract<Turn, { do: 'stay' }>, 'reason'> & { reason: StayReason | 'postponed' }
type InstallTurn = Extract<Turn, { do: 'install' }>
type ReturnTurn = Extract<Turn, { do: 'return' }>

export interface RoundOptions extends UpdateOptions {
  /** The release is current; its soak begins. */
  onInstalled(result: UpdateResult): void
}

/** What holds the device where it is; `again` when there is a next step at once. `result` when what is current was looked through. */
export type RoundEnd = { turn: Stay; result?: UpdateResult } | 'again'

export interface Rounds {
  next(ask: Ask, options: RoundOptions): Promise<RoundEnd>
  installed(): Promise<KnownRelease | undefined>
  lastFailure(): Failure | undefined
  /** Whether the policy decides what is installed, as far as it is known. */
  isByPolicy(): boolean
}

export function createRounds(peer: Peer, destination: Destination, course: Course, config: OutlookConfig): Rounds {
  const { target } = destination
  const outlook = createOutlook(peer, destination, () => course.record, config)
  /** Why the step under way did not succeed so far. */
  let lastCode: string | undefined

  /** What a stop left behind comes first, unless the policy wants something else of this machine. */
  async function finish(ask: Ask, options: RoundOptions): Promise<void> {
    const { signal } = options
    if (course.record.attempt?.stage === 'soaking' && outlook.offered === undefined) await tryToSee(ask, options)
    const seen = outlook.offered
    if (seen === undefined) await course.resume(signal)
    else if (leavesInPeace(await outlook.decide(seen))) {
      await outlook.whileHolds(seen, leavesInPeace, signal, (until) => course.resume(until))
    }
    signal.throwIfAborted()
  }

  /** A release that is bad may be taken back; but one is soaked, or returned, also where nobody can be asked. */
  async function tryToSee(ask: Ask, options: RoundOptions): Promise<void> {
    try {
      await outlook.see(ask, options)
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
    await course.downloaded(movedOf(account))
    const before = await outlook.installed()
    const nowMs = peer.trust.now().getTime()
    if (turn.activateAtMs !== undefined && turn.activateAtMs > nowMs) {
      const waits = { do: 'stay', reason: 'window', untilMs: turn.activateAtMs } as const
      return { turn: rollout === undefined ? waits : { ...waits, rollout } }
    }
    const isNew = before?.release !== wanted.release
    const result = resultOf(manifest, account, isNew, startedMs)
    const arrival = await outlook.whileHolds(seen, leavesInPeace, options.signal, (until) =>
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
  async function fetchInTime(
    turn: InstallTurn,
    wanted: FoundRelease,
    seen: Offered,
    options: UpdateOptions,
  ): Promise<Fetched | undefined> {
    const late = new AbortController()
    const { attempt } = course.record
    const isLimited = turn.rollout !== undefined && attempt?.stage === 'began'
    const leftMs = isLimited ? attempt.sinceMs + turn.timeoutSeconds * 1_000 - peer.trust.now().getTime() : undefined
    const timer =
      leftMs === undefined || leftMs > MAX_TIMER_MS ? undefined : setTimeout(() => late.abort(), Math.max(0, leftMs))
    try {
      const holds = (next: Turn): boolean => isSameTurn(next, turn)
      return await outlook.whileHolds(seen, holds, options.signal, (until) => {
        const signal = AbortSignal.any([until, late.signal])
        return fetchRelease(peer, destination, { ...wanted, from: seen.from }, { ...options, signal })
      })
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
    const from = await outlook.installed()
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
    installed: () => outlook.installed(),
    lastFailure: () => course.record.failed.at(-1),
    isByPolicy: () => outlook.offered !== undefined && isByPolicy({ target, offered: outlook.offered }),
    async next(ask, options) {
      await finish(ask, options)
      const seen = await outlook.see(ask, options)
      const turn = await outlook.decide(seen)
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

function codeOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined
}
