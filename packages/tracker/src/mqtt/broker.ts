/** Keeps a connection to a broker for as long as it is wanted, with pauses by full jitter: a fleet that lost its broker does not come back at once. */
import { setTimeout as wait } from 'node:timers/promises'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { openSession, type Session } from './session.ts'
import type { BrokerConfig } from './settings.ts'

export interface Broker extends AsyncDisposable {
  readonly isConnected: boolean
  /** Resolves when the broker has it. @throws TrackerError UNREACHABLE, TIMEOUT, TOO_LARGE */
  publish(topic: string, payload: Uint8Array, options?: { retain?: boolean; signal?: AbortSignal }): Promise<void>
}

interface BrokerDeps {
  clientId: string
  subscribe: readonly string[]
  /** Must not throw. */
  onMessage: (topic: string, payload: Uint8Array) => void
  /** Connected, and subscribed. */
  onConnected: () => void
  /** It is tried again by itself. */
  onFailure: (error: unknown) => void
  random: () => number
}

export function startBroker(config: BrokerConfig, deps: BrokerDeps): Broker {
  const { onConnected, onFailure, random } = deps
  const stopping = new AbortController()
  const { signal } = stopping
  let current: Session | undefined

  /** Returns when it has ended because it is to; throws for any other reason. */
  async function session(): Promise<void> {
    await using opened = await openSession(config, { ...deps, clientId: config.clientId ?? deps.clientId, signal })
    current = opened
    onConnected()
    const reason = await opened.ended
    current = undefined
    if (!signal.aborted) throw reason
  }

  async function keep(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const startedMs = performance.now()
      try {
        await session()
      } catch (error) {
        if (!isAborted(signal)) onFailure(error)
      }
      // One that is let in and put out at once, as when two have one name, is a failure as well.
      failures = performance.now() - startedMs > LIMITS.mqttBackoffMaxMs ? 1 : failures + 1
      await wait(fullJitterMs(failures, random), undefined, { signal }).catch(() => undefined)
    }
  }

  const kept = keep()
  return {
    get isConnected() {
      return current !== undefined
    },
    async publish(topic, payload, { retain = false, signal: given = signal } = {}) {
      if (current === undefined) throw new TrackerError('UNREACHABLE', 'there is no connection to the broker')
      await current.publish(topic, payload, { retain, signal: given })
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'))
      await kept
    },
  }
}

function fullJitterMs(failures: number, random: () => number): number {
  return random() * Math.min(LIMITS.mqttBackoffMaxMs, LIMITS.mqttBackoffMinMs * 2 ** Math.min(failures - 1, 30))
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
