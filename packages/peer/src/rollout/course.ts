/**
 * Brings releases of one install root in: begun, downloaded, activated, healthy; or back to the one before. Where it is, is on disk before
 * anything is done, and what is reported is queued before the next step is taken, so a kill at any point repeats a step and loses none.
 */
import type { Destination } from '../destination.ts'
import { checkHealth, runCommand, soak, type CommandOutcome, type HealthCheck } from '../health/index.ts'
import { pause } from '../pause.ts'
import type { Moved, Told } from '../reports/index.ts'
import * as records from './record.ts'
import type { Attempt, KnownRelease, RolloutRecord, Undertaking } from './record.ts'
import type { RecordFile } from './record-file.ts'

export interface Hooks {
  /** Before the flip: what fails it leaves the release that is current. */
  preActivate?: readonly string[]
  /** After a flip, also back: makes what runs use what is current now. */
  activate?: readonly string[]
  timeoutMs: number
}

export interface CourseDeps {
  destination: Destination
  file: RecordFile
  hooks: Hooks
  health: HealthCheck | undefined
  /** Epoch ms. */
  now(): number
  tell(told: Pick<Told, 'version' | 'state'> & Partial<Pick<Told, 'rollout' | 'code' | keyof Moved>>): Promise<void>
  onStep(step: Step): void
}

/** What happened, for the log, the records and the status. */
export interface Step {
  step: 'began' | 'downloaded' | 'activated' | 'soaking' | 'healthy' | 'failed' | 'returned' | 'postponed'
  version: string
  rollout?: string
  code?: string
  message?: string
  untilMs?: number
}

/** `returned`: a policy said so. `later`: a hook said that it is not the time. `stopped`: the signal aborted. */
export type Arrival = 'healthy' | 'failed' | 'returned' | 'later' | 'stopped'

/** With this exit code `preActivate` says "not now", as in sysexits.h. */
const NOT_NOW = 75

export class Course {
  readonly #deps: CourseDeps

  constructor(deps: CourseDeps) {
    this.#deps = deps
  }

  get record(): RolloutRecord {
    return this.#deps.file.record
  }

  /** Nothing, when that is under way already. */
  async begin(what: Undertaking): Promise<void> {
    if (records.isUnderWay(this.record, what)) return
    if (what.rollout !== undefined) await this.#tell('began', what)
    await this.#save(records.begin(this.record, what, this.#deps.now()))
    if (what.rollout !== undefined) this.#step('began', what)
  }

  async downloaded(moved: Moved): Promise<void> {
    const attempt = this.#attempt()
    if (attempt.stage !== 'began') return
    await this.#tell('downloaded', attempt, moved)
    await this.#save(records.enter(this.record, { stage: 'downloaded' }, this.#deps.now()))
    this.#step('downloaded', attempt)
  }

  /** It is not wanted any more. */
  async abandon(): Promise<void> {
    if (this.record.attempt !== undefined) await this.#save(records.settle(this.record))
  }

  /** It will not be tried again; nothing was activated. */
  async fail(code: string, message: string): Promise<void> {
    const attempt = this.#attempt()
    await this.#tell('failed', attempt, { code })
    await this.#save(records.fail(this.record, code, message, this.#deps.now()))
    this.#step('failed', attempt, { code, message })
  }

  /**
   * Of what is downloaded.
   * @param previous what is current now, to go back to
   * @param onActivated called when the release is current, before its soak
   */
  async activate(previous: KnownRelease | undefined, signal: AbortSignal, onActivated: () => void): Promise<Arrival> {
    const attempt = this.#attempt()
    const before = await this.#hook('preActivate', attempt, signal)
    if (signal.aborted) return 'stopped'
    if (!before.ok) {
      if (before.exitCode === NOT_NOW) {
        this.#step('postponed', attempt, { message: before.message })
        return 'later'
      }
      await this.fail('PRE_ACTIVATE', before.message)
      return 'failed'
    }
    const change = { stage: 'activating' as const, ...(previous === undefined ? {} : { previous }) }
    await this.#save(records.enter(this.record, change, this.#deps.now()))
    await this.#deps.destination.activate(attempt.release)
    return this.#afterFlip(signal, onActivated)
  }

  /** Goes on where a kill, or a stop, has left it. Undefined when nothing was under way beyond a download. */
  async resume(signal: AbortSignal): Promise<Arrival | undefined> {
    const { attempt } = this.record
    switch (attempt?.stage) {
      case undefined:
      case 'began':
      case 'downloaded':
        return undefined
      case 'activating':
        if ((await this.#deps.destination.current()) === attempt.release) return this.#afterFlip(signal)
        await this.#save(records.enter(this.record, { stage: 'downloaded' }, this.#deps.now()))
        return undefined
      case 'soaking':
        return this.#soak(signal)
      case 'returning':
        return this.#goBack(signal)
    }
  }

  /** A policy says so: from what is current to an earlier release, which is in the store. */
  async returnTo(goal: KnownRelease, from: KnownRelease, rollout: string, signal: AbortSignal): Promise<Arrival> {
    const what = { ...from, rollout, soakSeconds: 0, timeoutSeconds: 0 }
    const begun = records.begin(this.record, what, this.#deps.now())
    await this.#save(records.enter(begun, { stage: 'returning', previous: goal }, this.#deps.now()))
    return this.#goBack(signal)
  }

  async #afterFlip(signal: AbortSignal, onActivated: () => void = () => undefined): Promise<Arrival> {
    const attempt = this.#attempt()
    const after = await this.#hook('activate', attempt, signal)
    if (signal.aborted) return 'stopped'
    if (!after.ok) return this.#giveUp('ACTIVATE', after.message, signal)
    await this.#tell('activated', attempt)
    const next = records.activated(this.record, attempt)
    await this.#save(records.enter(next, { stage: 'soaking' }, this.#deps.now()))
    this.#step('activated', attempt)
    onActivated()
    return this.#soak(signal)
  }

  async #soak(signal: AbortSignal): Promise<Arrival> {
    const { health } = this.#deps
    const startMs = this.#deps.now()
    // A clock that was put back must not make the soak longer than it is.
    if (startMs < this.#attempt().sinceMs) await this.#save(records.enter(this.record, { stage: 'soaking' }, startMs))
    const attempt = this.#attempt()
    const { sinceMs, soakSeconds, timeoutSeconds } = attempt
    const untilMs = sinceMs + soakSeconds * 1_000
    if (untilMs > startMs) this.#step('soaking', attempt, { untilMs })
    const started = performance.now()
    const outcome = await soak({
      check: health === undefined ? undefined : () => checkHealth(health, { env: this.#env(attempt), signal }),
      untilMs,
      // After a stop longer than the timeout, one look is still fair.
      deadlineMs: sinceMs + timeoutSeconds * 1_000,
      intervalMs: health?.intervalMs ?? Infinity,
      failuresMax: health?.failuresMax ?? 1,
      now: () => startMs + performance.now() - started,
      wait: pause,
      signal,
    })
    if (outcome.end === 'stopped') return 'stopped'
    if (outcome.end === 'failed') return this.#giveUp(outcome.code, outcome.message, signal)
    await this.#tell('healthy', attempt)
    await this.#save(records.settle(this.record))
    this.#step('healthy', attempt)
    return 'healthy'
  }

  async #giveUp(code: string, message: string, signal: AbortSignal): Promise<Arrival> {
    const attempt = this.#attempt()
    await this.#tell('failed', attempt, { code })
    await this.#save(
      records.enter(this.record, { stage: 'returning', code, message: records.shortened(message) }, this.#deps.now()),
    )
    this.#step('failed', attempt, { code, message })
    return this.#goBack(signal)
  }

  async #goBack(signal: AbortSignal): Promise<Arrival> {
    const attempt = this.#attempt()
    const { previous, code, message = '', rollout } = attempt
    if (previous !== undefined) {
      await this.#deps.destination.activate(previous.release)
      const hook = await this.#hook('activate', { ...previous, previous: attempt }, signal)
      if (signal.aborted) return 'stopped'
      const what = { version: previous.version, ...(rollout === undefined ? {} : { rollout }) }
      await this.#tell('returned', what)
      this.#step('returned', what, hook.ok ? {} : { message: hook.message })
    }
    const back = previous === undefined ? this.record : records.activated(this.record, previous)
    await this.#save(code === undefined ? records.settle(back) : records.fail(back, code, message, this.#deps.now()))
    return code === undefined ? 'returned' : 'failed'
  }

  #attempt(): Attempt {
    const { attempt } = this.record
    if (attempt === undefined) throw new TypeError('nothing is under way')
    return attempt
  }

  #hook(
    name: 'preActivate' | 'activate',
    to: Pick<Attempt, 'release' | 'version'> & { previous?: { version: string } | undefined },
    signal: AbortSignal,
  ): Promise<CommandOutcome> {
    const { hooks } = this.#deps
    const command = hooks[name]
    if (command === undefined) return Promise.resolve({ ok: true })
    return runCommand(command, { env: this.#env(to), timeoutMs: hooks.timeoutMs, signal })
  }

  #env(to: Pick<Attempt, 'release' | 'version'> & { previous?: { version: string } | undefined }) {
    return {
      SHOAL_RELEASE: to.release,
      SHOAL_VERSION: to.version,
      SHOAL_PREVIOUS: to.previous?.version ?? '',
      SHOAL_OUT: this.#deps.destination.folder,
    }
  }

  #tell(
    state: Told['state'],
    { version, rollout }: { version: string; rollout?: string | undefined },
    more: Partial<Pick<Told, 'code' | keyof Moved>> = {},
  ): Promise<void> {
    return this.#deps.tell({ state, version, ...(rollout === undefined ? {} : { rollout }), ...more })
  }

  #step(
    step: Step['step'],
    { version, rollout }: { version: string; rollout?: string | undefined },
    more: Partial<Step> = {},
  ): void {
    this.#deps.onStep({ step, version, ...(rollout === undefined ? {} : { rollout }), ...more })
  }

  #save(next: RolloutRecord): Promise<void> {
    return this.#deps.file.save(next)
  }
}
