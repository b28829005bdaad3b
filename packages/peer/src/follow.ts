/** The daemon's loop for one target: check with jitter, install what is new, say what keeps it from being current. */
import type { Target } from '@shoal/release'
import { formatTarget } from '@shoal/release'
import type { FollowStatus } from './control/index.ts'
import type { Account } from './download/account.ts'
import type { Destination } from './destination.ts'
import type { DownloadProgress } from './download/download.ts'
import { createAlarm } from './alarm.ts'
import { pause } from './pause.ts'
import type { Peer } from './peer.ts'
import { update, type UpdatePhase, type UpdateResult } from './update.ts'

export interface FollowOptions {
  target: Target
  /** The folder that `open` leads to. */
  out: string
  open(): Promise<Destination>
  pollMs: number
  /** On hearing of a release, peers look for it at moments spread over so long, so that they do not ask all at once. */
  newsJitterMs: number
  settleMs: number
  originDelayMs: number
  signal: AbortSignal
  onPhase(phase: UpdatePhase, fields: Record<string, unknown>): void
  onProgress(progress: DownloadProgress): void
  onUpdated(result: UpdateResult): void
  onFailure(error: unknown): void
}

export interface Following {
  status(): FollowStatus
  /** Settles when the signal has aborted and the store is closed. */
  readonly ended: Promise<void>
}

const RETRY_MS = 5_000
/** How often a paused peer looks whether it may go on. */
const PAUSED_MS = 500
const RETRY_MAX_MS = 600_000
/** How often a release that was heard of is looked for in a hurry, should it not be there yet. */
const HURRIED_MAX = 4
/** A check that finds nobody to answer is given up after this; the next one follows. */
const CHECK_TIMEOUT_MS = 120_000

export function follow(peer: Peer, options: FollowOptions): Following {
  let status: FollowStatus = {
    target: formatTarget(options.target),
    out: options.out,
    state: 'starting',
    sinceMs: Date.now(),
  }

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

  async function run(): Promise<void> {
    await using destination = await options.open()
    let failures = 0
    let hurried = 0
    const heard = createAlarm()
    using stack = new DisposableStack()
    stack.defer(peer.news.onHint(() => heard.ring()))
    let sources: ReturnType<typeof sourcesOf> | undefined
    while (!options.signal.aborted) {
      while (peer.isPaused() && !isAborted(options.signal)) await pause(PAUSED_MS, options.signal)
      let waitMs = options.pollMs
      try {
        if (status.state !== 'current') enter('checking')
        const result = await update(peer, destination, {
          giveUpMs: CHECK_TIMEOUT_MS,
          settleMs: options.settleMs,
          originDelayMs: options.originDelayMs,
          signal: options.signal,
          onPhase: (phase, fields) => {
            if (phase === 'manifest') enter('downloading')
            options.onPhase(phase, fields)
          },
          onProgress: (progress) => {
            const { doneBytes, rate, waiting, account } = progress
            const { bytes } = account
            const sources = sourcesOf(account)
            status = { ...status, doneBytes, totalBytes: bytes.total, rate, ...sources, waiting: { ...waiting } }
            options.onProgress(progress)
          },
        })
        failures = 0
        if (result.changed) options.onUpdated(result)
        // Where the bytes of the installed release came from stays shown while later checks find nothing new.
        if (result.changed || sources === undefined) sources = sourcesOf(result.account)
        if (peer.news.isBehind() && hurried < HURRIED_MAX) waitMs = Math.min(options.pollMs, RETRY_MS * 2 ** hurried++)
        enter('current', { release: result.release, version: result.version, ...sources })
      } catch (error) {
        if (isAborted(options.signal)) break
        failures++
        waitMs = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** (failures - 1), options.pollMs)
        enter('failing', { reason: error instanceof Error ? error.message : String(error) })
        options.onFailure(error)
      }
      // Half to one and a half of the interval, so that a fleet that was started together does not ask together.
      const jitteredMs = waitMs * (0.5 + Math.random())
      const nextCheckMs = Date.now() + Math.round(jitteredMs)
      status = { ...status, nextCheckMs }
      if (await heard.wait(jitteredMs, options.signal)) {
        hurried = 0
        await pause(Math.min(Math.random() * options.newsJitterMs, nextCheckMs - Date.now()), options.signal)
      }
    }
  }

  return { status: () => status, ended: run() }
}

function sourcesOf({ bytes, reasons, originBytes }: Account): Pick<Account, 'bytes' | 'reasons' | 'originBytes'> {
  return { bytes, reasons, originBytes }
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
