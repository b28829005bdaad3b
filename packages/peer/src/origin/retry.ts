import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { OriginConnection } from './connection.ts'
import { OriginFailure } from './failure.ts'
import { countError } from './stats.ts'

/**
 * Attempts until one succeeds, a failure is final, or the attempts are used up; waits with exponential backoff and jitter
 * between. An attempt that moved a good part forward costs nothing (`moved`), so that a line which breaks now and then gets
 * through; who passes it bounds how often that can be.
 */
export async function withRetries<T>(
  connection: OriginConnection,
  signal: AbortSignal,
  attempt: () => Promise<T>,
  moved: () => boolean = () => false,
): Promise<T> {
  const { settings, stats } = connection
  let attempts = 0
  try {
    return await pRetry(
      async () => {
        await waitUntil(connection.holdUntilMs, signal)
        if (attempts > 0) stats.retries++
        attempts++
        return attempt()
      },
      {
        retries: settings.attemptsMax - 1,
        minTimeout: settings.backoffMinMs,
        maxTimeout: settings.backoffMaxMs,
        randomize: true,
        signal,
        shouldConsumeRetry: () => !moved(),
        onFailedAttempt: ({ error }) => {
          if (!(error instanceof OriginFailure)) return
          countError(stats, error.reason)
          hold(connection, error.retryAfterMs)
        },
        shouldRetry: ({ error }) => error instanceof OriginFailure && error.retryable,
      },
    )
  } catch (error) {
    if (!(error instanceof OriginFailure) || attempts < 2) throw error
    throw new OriginFailure(error.code, `${error.message}; gave up after ${attempts} attempts`, {
      reason: error.reason,
      retryable: false,
      cause: error,
      fix: error.fix,
    })
  }
}

/** "Come back later" is said to the whole client, not to one request. Up to a tenth more keeps a fleet from returning at once. */
function hold(connection: OriginConnection, retryAfterMs: number | undefined): void {
  if (retryAfterMs === undefined) return
  const until = performance.now() + retryAfterMs * (1 + Math.random() / 10)
  connection.holdUntilMs = Math.max(connection.holdUntilMs, until)
}

async function waitUntil(timeMs: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const left = timeMs - performance.now()
    if (left <= 0) return
    try {
      await delay(Math.ceil(left), undefined, { signal })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }
}
