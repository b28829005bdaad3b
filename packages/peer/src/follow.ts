/** The daemon's loop for one target: check with jitter, take the steps that follow, say what keeps it from being current. */
import type { Target } from '@shoal/release'
import { formatTarget } from '@shoal/release'
import { createAlarm } from './alarm.ts'
import type { FollowStatus } from './control/index.ts'
import type { Account } from './download/account.ts'
import type { DownloadProgress } from './download/download.ts'
import { LIMITS } from './limits.ts'
import { pause } from './pause.ts'
import type { Peer } from './peer.ts'
import type { Ask, RoundEnd, Rounds, Stay, Step } from './rollout/index.ts'
import type { UpdatePhase, UpdateResult } from './update.ts'

export interface FollowOptions {
  target: Target
  /** The folder of what `open` opens. */
  out: string
  /** @param onStep hears of what happens to a release beyond its download */
  open(onStep: (step: Step) => void): Promise<{ rounds: Rounds } & AsyncDisposable>
  pollMs: number
  /** On hearing of a release, peers look for it at moments spread over so long, so that they do not ask all at once. */
  newsJitterMs: number
  settleMs: number
  originDelayMs: number
  signal: AbortSignal
  onPhase(phase: UpdatePhase, fields: Record<string, unknown>): void
  onProgress(progress: DownloadProgress): void
  onUpdated(result: UpdateResult): void
  onStep(step: Step): void
  /** Something holds this peer where it is; told once for each change. */
  onStay(turn: Stay): void
  /** What is installed, now and then. */
  onPresent: (version: string, rollout: string | undefined) => Promise<void>
  onFailure(error: unknown): void
}

export interface Following {
  status(): FollowStatus
  /** What is current, as far as is known, unless something else is being brought in. */
  settledOn(): Promise<string | undefined>
  /** Settles when the signal has aborted and the store is closed. */
  readonly ended: Promise<void>
}

const RETRY_MS = 5_000
const SETTLED: readonly FollowStatus['state'][] = ['current', 'waiting', 'failing']
/** How often a paused peer looks whether it may go on. */
const PAUSED_MS = 500
const RETRY_MAX_MS = 600_000
/** How often a release that was heard of is looked for in a hurry, should it not be there yet. */
const HURRIED_MAX = 4
/** A check that finds nobody to answer is given up after this; the next one follows. */
const CHECK_TIMEOUT_MS = 120_000
const POLICY_ASK_MS = LIMITS.rollout.policyAskMs

export function follow(peer: Peer, options: FollowOptions): Following {
  const { pollMs, newsJitterMs, signal } = options
  let status: FollowStatus = {
    target: formatTarget(options.target),
    out: options.out,
    state: 'starting',
    sinceMs: Date.now(),
  }
  let sources: ReturnType<typeof sourcesOf> | undefined
  let failure: Rounds['lastFailure'] = () => undefined
  let installed: Rounds['installed'] = () => Promise.resolve(undefined)

  function enter(state: FollowStatus['state'], fields: Partial<FollowStatus> = {}): void {
    const { target, out, release, version } = status
    status = {
      target,
      out,
      ...(release === undefined ? {} : { release }),
      ...(version === undefined ? {} : { version }),
      state,
      sinceMs: Date.now(),
      ...fields,
    }
  }

  function onStep(step: Step): void {
    const { version, untilMs, rollout } = step
    const about = rollout === undefined ? {} : { rollout }
    if (step.step === 'soaking') enter('soaking', { ...about, version, ...(untilMs === undefined ? {} : { untilMs }) })
    if (step.step === 'healthy') status = { ...status, version }
    options.onStep(step)
  }

  async function round(rounds: Rounds, ask: Ask): Promise<RoundEnd> {
    if (status.state !== 'current' && status.state !== 'waiting') enter('checking')
    return rounds.next(ask, {
      giveUpMs: CHECK_TIMEOUT_MS,
      settleMs: options.settleMs,
      originDelayMs: options.originDelayMs,
      signal,
      onPhase: (phase, fields) => {
        if (phase === 'manifest') enter('downloading')
        options.onPhase(phase, fields)
      },
      onProgress: (progress) => {
        const { doneBytes, rate, waiting, account } = progress
        const totalBytes = account.bytes.total
        status = { ...status, doneBytes, totalBytes, rate, ...sourcesOf(account), waiting: { ...waiting } }
        options.onProgress(progress)
      },
      onInstalled: (result) => {
        sources = sourcesOf(result.account)
        enter('current', { release: result.release, version: result.version, ...sources })
        options.onUpdated(result)
      },
    })
  }

  async function settle(rounds: Rounds, { turn, result }: Exclude<RoundEnd, 'again'>): Promise<void> {
    // Where the bytes of the installed release came from stays shown while later checks find nothing new.
    if (result !== undefined) sources ??= sourcesOf(result.account)
    const installed = result ?? (await rounds.installed())
    const release = installed === undefined ? {} : { release: installed.release, version: installed.version }
    if (turn.reason === 'up-to-date') return enter('current', { ...release, ...sources, ...rolloutOf(turn) })
    const { untilMs, ring } = turn
    const isNew = status.state !== 'waiting' || status.wait !== turn.reason
    enter('waiting', {
      ...{ ...release, ...sources, ...rolloutOf(turn), wait: turn.reason },
      ...(untilMs === undefined ? {} : { untilMs }),
      ...(ring === undefined ? {} : { ring }),
      ...(isNew ? {} : { sinceMs: status.sinceMs }),
    })
    if (isNew) options.onStay(turn)
  }

  async function run(): Promise<void> {
    await using opened = await options.open(onStep)
    const { rounds } = opened
    failure = () => rounds.lastFailure()
    installed = () => rounds.installed()
    const presence = createPresence(options)
    let failures = 0
    let hurried = 0
    let ask: Ask = 'all'
    /** When others are to be asked again for everything, and for the policy alone. */
    let lookAtMs = 0
    let policyAtMs = Infinity
    using bell = createBell(peer)
    while (!signal.aborted) {
      while (peer.isPaused() && !isAborted(signal)) await pause(PAUSED_MS, signal)
      let wakeAtMs: number
      try {
        const end = await round(rounds, ask)
        failures = 0
        // A policy may be here before the metadata of what it names.
        const isMissing = end !== 'again' && end.turn.reason === 'not-offered'
        if (ask === 'all') {
          const isBehind = (isMissing || peer.news.isBehind()) && hurried < HURRIED_MAX
          lookAtMs = performance.now() + jittered(isBehind ? Math.min(pollMs, RETRY_MS * 2 ** hurried++) : pollMs)
        } else if (isMissing && hurried === 0) {
          lookAtMs = Math.min(lookAtMs, performance.now() + Math.random() * newsJitterMs)
        }
        if (ask !== 'nothing') policyAtMs = rounds.isByPolicy() ? performance.now() + jittered(POLICY_ASK_MS) : Infinity
        ask = 'nothing'
        if (end === 'again') continue
        await settle(rounds, end)
        await presence.tell(await rounds.installed(), end.turn)
        wakeAtMs = Math.min(lookAtMs, policyAtMs, presence.dueAtMs())
      } catch (error) {
        if (isAborted(signal)) break
        failures++
        lookAtMs = performance.now() + jittered(Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (failures - 1), pollMs))
        // What else is due waits, too: else a failure would be repeated at once.
        wakeAtMs = lookAtMs
        enter('failing', { reason: error instanceof Error ? error.message : String(error) })
        options.onFailure(error)
      }
      status = { ...status, nextCheckMs: Date.now() + Math.round(lookAtMs - performance.now()) }
      if (await bell.wait(nextMs(wakeAtMs), signal)) hurried = 0
      if (bell.takeTracker() && rounds.isByPolicy()) policyAtMs = 0
      const isNews = bell.takeNews()
      if (isNews) {
        await pause(Math.min(Math.random() * newsJitterMs, lookAtMs - performance.now()), signal)
      }
      if (isNews || performance.now() >= lookAtMs) ask = 'all'
      else if (performance.now() >= policyAtMs) ask = 'policy'
    }
  }

  /** The time until then, or until a turn comes by the clock alone. */
  function nextMs(atMs: number): number {
    const turnMs = status.untilMs === undefined ? Infinity : status.untilMs - peer.trust.now().getTime()
    return Math.max(0, Math.min(atMs - performance.now(), turnMs, LIMITS.waitMaxMs))
  }

  return {
    status() {
      const failed = failure()
      return failed === undefined ? status : { ...status, failed }
    },
    async settledOn() {
      return SETTLED.includes(status.state) ? (await installed())?.version : undefined
    },
    ended: run(),
  }
}

/** Rings for every newer policy, and for what it keeps in mind: news of metadata, and a tracker that may have told something unheard. */
function createBell(peer: Peer) {
  const alarm = createAlarm()
  const stack = new DisposableStack()
  let isNews = false
  let isTracker = false
  stack.defer(
    peer.news.onHint(() => {
      isNews = true
      alarm.ring()
    }),
  )
  stack.defer(
    peer.onTrackerUp(() => {
      isTracker = true
      alarm.ring()
    }),
  )
  stack.defer(peer.trust.onPolicy(() => alarm.ring()))
  return {
    wait: (ms: number, signal: AbortSignal) => alarm.wait(ms, signal),
    takeNews(): boolean {
      const was = isNews
      isNews = false
      return was
    },
    takeTracker(): boolean {
      const was = isTracker
      isTracker = false
      return was
    },
    [Symbol.dispose]: () => stack.dispose(),
  }
}

/** Tells what is installed: soon after the start, once a day, and when it is the version of a rollout that this machine took no part in. */
function createPresence({ onPresent, newsJitterMs }: FollowOptions) {
  let dueMs = performance.now() + Math.random() * newsJitterMs
  let told = false
  let accounted: string | undefined
  return {
    dueAtMs: () => dueMs,
    async tell(installed: { version: string } | undefined, { reason, rollout }: Stay): Promise<void> {
      const ofRollout = reason === 'up-to-date' ? rollout : undefined
      if (performance.now() < dueMs && (!told || ofRollout === accounted)) return
      dueMs = performance.now() + LIMITS.reports.presentMs
      if (installed === undefined) return
      await onPresent(installed.version, ofRollout)
      told = true
      accounted = ofRollout
    },
  }
}

function rolloutOf({ rollout }: { rollout?: string }): { rollout?: string } {
  return rollout === undefined ? {} : { rollout }
}

/** Half to one and a half of the interval, so that a fleet that was started together does not ask together. */
function jittered(ms: number): number {
  return ms * (0.5 + Math.random())
}

function sourcesOf({ bytes, reasons, originBytes }: Account): Pick<Account, 'bytes' | 'reasons' | 'originBytes'> {
  return { bytes, reasons, originBytes }
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
