/**
 * Tells webhooks what is in the audit log: each in order, at least once, from where it got to. Trackers that share a database share
 * that, too: one of them at a time has a webhook, and when it is gone another one goes on.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { LIMITS } from '../limits.ts'
import type { Store, WebhookState } from '../store/store.ts'
import { messageOf, wants } from './message.ts'
import { post, type Outcome } from './post.ts'
import { afterAttempt } from './progress.ts'
import type { WebhookConfig } from './settings.ts'

export interface Webhooks extends AsyncDisposable {
  /** Something was written down. */
  ring(): void
}

export interface WebhooksDeps {
  fleet: string
  /** Of this tracker. */
  holder: string
  store: Pick<Store, 'keepWebhooks' | 'webhooks' | 'claimWebhook' | 'saveWebhook' | 'auditAfter'>
  /** Epoch ms. */
  now: () => number
  random: () => number
  onAttempt: (name: string, outcome: Outcome, state: WebhookState) => void
  onFailure: (error: unknown) => void
}

export async function startWebhooks(hooks: readonly WebhookConfig[], deps: WebhooksDeps): Promise<Webhooks> {
  const { store, now, onFailure } = deps
  if (hooks.length === 0) return NONE
  const names = hooks.map(({ name }) => name)
  const stopping = new AbortController()
  const { signal } = stopping
  let bell = Promise.withResolvers<undefined>()
  await store.keepWebhooks(names, now())
  let keptMs = now()

  async function isDue(name: string): Promise<boolean> {
    if (now() - keptMs >= LIMITS.webhookSeenEveryMs) {
      keptMs = now()
      await store.keepWebhooks(names, keptMs)
    }
    const row = (await store.webhooks()).find((each) => each.name === name)
    return row !== undefined && row.pending > 0 && !row.isDead && row.nextMs <= now()
  }

  /** Each at its own pace: one that is slow holds up no other. */
  async function run(hook: WebhookConfig): Promise<void> {
    while (!signal.aborted) {
      const rung = bell.promise
      const ended = await attempt(async () => ((await isDue(hook.name)) ? tellAll(hook, deps, signal) : 'done'))
      if (ended === 'more') continue
      const idle = new AbortController()
      await Promise.race([rung, pause(LIMITS.webhookIdleMs, undefined, { signal: idle.signal }).catch(() => undefined)])
      idle.abort()
    }
  }

  async function attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!signal.aborted) onFailure(error)
      return undefined
    }
  }

  function ring(): void {
    bell.resolve(undefined)
    bell = Promise.withResolvers()
  }

  const running = Promise.all(hooks.map(run))
  return {
    ring,
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('the tracker is stopping'))
      ring()
      await running
    },
  }
}

const NONE: Webhooks = { ring: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() }

/** Until nothing is left, or something fails, or it is another tracker's. */
async function tellAll(hook: WebhookConfig, deps: WebhooksDeps, signal: AbortSignal): Promise<'more' | 'done'> {
  const { store, holder, now } = deps
  const until = (): number => now() + LIMITS.webhookLeaseMs
  let state = await store.claimWebhook(hook.name, holder, now(), until())
  if (state === undefined || state.isDead || state.nextMs > now()) return 'done'
  try {
    const entries = await store.auditAfter(state.cursor, LIMITS.webhookEventsAtOnceMax)
    for (const entry of entries) {
      if (wants(hook, entry)) {
        const outcome = await post(hook, messageOf(deps.fleet, entry, hook, now()), signal)
        state = afterAttempt(state, outcome, { entry: entry.id, nowMs: now(), random: deps.random })
        deps.onAttempt(hook.name, outcome, state)
        if (outcome.is !== 'delivered' || !(await store.saveWebhook(hook.name, holder, state, until()))) return 'done'
      } else state = { ...state, cursor: entry.id }
    }
    return entries.length === LIMITS.webhookEventsAtOnceMax ? 'more' : 'done'
  } finally {
    // Also when it was stopped in the middle: another tracker, or this one when it is back, goes on at once.
    await store.saveWebhook(hook.name, holder, state, 0)
  }
}
