/** One attempt to tell something. */
import { LIMITS } from '../limits.ts'
import type { WebhookMessage } from './message.ts'

export type Outcome =
  | { is: 'delivered' }
  /** @param waitMs what the receiver asked for, if it did */
  | { is: 'failed'; problem: string; waitMs?: number }
  /** It wants nothing more. */
  | { is: 'gone'; problem: string }

/** Never rejects, unless the signal aborts. */
export async function post(url: URL, { body, headers }: WebhookMessage, signal: AbortSignal): Promise<Outcome> {
  const timeout = AbortSignal.timeout(LIMITS.webhookTimeoutMs)
  try {
    const response = await fetch(url, {
      ...{ method: 'POST', body, headers },
      // Whoever is named in the configuration is told, and nobody that it names.
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    })
    // What it says beyond the status nobody reads.
    await response.body?.cancel()
    return outcomeOf(response)
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) return { is: 'failed', problem: `no answer within ${LIMITS.webhookTimeoutMs / 1_000} s` }
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
    return { is: 'failed', problem: `no connection: ${cause?.code ?? cause?.message ?? message}` }
  }
}

function outcomeOf({ status, ok, headers }: Response): Outcome {
  if (ok) return { is: 'delivered' }
  if (status === 410) return { is: 'gone', problem: 'status 410: it wants nothing more' }
  const isRedirect = status >= 300 && status < 400
  const problem = isRedirect ? `status ${status}: redirects are not followed, correct the url` : `status ${status}`
  const seconds = /^\d{1,9}$/.exec(headers.get('retry-after') ?? '')?.[0]
  return { is: 'failed', problem, ...(seconds === undefined ? {} : { waitMs: Number(seconds) * 1_000 }) }
}
