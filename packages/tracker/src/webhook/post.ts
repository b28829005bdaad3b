/** One attempt to tell something. */
import { once } from 'node:events'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { LIMITS } from '../limits.ts'
import type { WebhookMessage } from './message.ts'
import type { WebhookConfig } from './settings.ts'

export type Outcome =
  | { is: 'delivered' }
  /** @param waitMs what the receiver asked for, if it did */
  | { is: 'failed'; problem: string; waitMs?: number }
  /** It wants nothing more. */
  | { is: 'gone'; problem: string }

/** Never rejects, unless the signal aborts. Whoever is named in the configuration is told, and nobody that it redirects to. */
export async function post(
  { url, ca }: Pick<WebhookConfig, 'url' | 'ca'>,
  { body, headers }: WebhookMessage,
  signal: AbortSignal,
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(LIMITS.webhookTimeoutMs)
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    ...{ method: 'POST', headers, agent: false, signal: AbortSignal.any([signal, timeout]) },
    ...(ca === undefined ? {} : { ca }),
  })
  try {
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return outcomeOf(response)
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) return { is: 'failed', problem: `no answer within ${LIMITS.webhookTimeoutMs / 1_000} s` }
    return { is: 'failed', problem: problemOf(error as NodeJS.ErrnoException) }
  } finally {
    // What it says beyond the status nobody reads, and what still goes wrong is of nobody's interest.
    request.on('error', () => undefined)
    request.destroy()
  }
}

function problemOf({ code, message }: NodeJS.ErrnoException): string {
  const isUnknown = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED)/.test(code ?? '')
  const fix = isUnknown ? ': nobody vouches for its certificate, give caFile' : ''
  return `no connection: ${code ?? message}${fix}`
}

function outcomeOf({ statusCode: status = 0, headers }: IncomingMessage): Outcome {
  if (status >= 200 && status < 300) return { is: 'delivered' }
  if (status === 410) return { is: 'gone', problem: 'status 410: it wants nothing more' }
  const isRedirect = status >= 300 && status < 400
  const problem = isRedirect ? `status ${status}: redirects are not followed, correct the url` : `status ${status}`
  const seconds = /^\d{1,9}$/.exec(headers['retry-after'] ?? '')?.[0]
  return { is: 'failed', problem, ...(seconds === undefined ? {} : { waitMs: Number(seconds) * 1_000 }) }
}
