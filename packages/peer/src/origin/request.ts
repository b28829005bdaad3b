import type { Dispatcher } from 'undici'
import { LIMITS } from '../limits.ts'
import { showUrl } from './address.ts'
import type { OriginConnection } from './connection.ts'
import { forbidden, OriginFailure } from './failure.ts'
import { isIdentityEncoding, parseContentRange, parseRetryAfter } from './headers.ts'
import type { Headers } from './headers.ts'
import { networkFailure } from './network-failure.ts'

/** A successful answer: 200, or 206 for exactly the bytes that were asked for. */
export interface Answer {
  /** Where the body stands in the object; `end` only when the answer said so. */
  start: number
  end: number | undefined
  headers: Headers
  body: Dispatcher.ResponseData['body']
  /** The address that answered, fit to be shown. */
  shown: string
}

interface RequestOptions {
  /** [start, end) */
  range?: { start: number; end: number } | undefined
  signal: AbortSignal
}

/** One GET, redirects included. Undefined when the object is not there; a body that is not wanted is never left open. */
export async function request(
  connection: OriginConnection,
  path: string,
  { range, signal }: RequestOptions,
): Promise<Answer | undefined> {
  let url = connection.address.resolve(path)
  for (let hops = 0; ; hops++) {
    const { statusCode, headers, body } = await send(connection, url, range, signal)
    if (statusCode === 200 || statusCode === 206) {
      try {
        return { ...accept(statusCode, headers, range, url), headers, body, shown: showUrl(url) }
      } catch (error) {
        body.on('error', () => undefined).destroy()
        throw error
      }
    }
    await discard(connection, body)
    if (statusCode === 404 || statusCode === 403 || statusCode === 410) return undefined
    if (statusCode < 300 || statusCode > 399 || statusCode === 304)
      throw statusFailure(connection, statusCode, headers, url)
    url = redirectTarget(connection, url, headers, hops)
  }
}

async function send(
  connection: OriginConnection,
  url: URL,
  range: RequestOptions['range'],
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { address, agent, settings, stats } = connection
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (range !== undefined) headers.range = `bytes=${range.start}-${range.end - 1}`
  if (address.authorization !== undefined && url.origin === address.origin)
    headers.authorization = address.authorization
  // The one place from which requests go out: what is forbidden ends here, whoever wants it.
  if (settings.ration.rate === 0) throw forbidden(showUrl(url))
  stats.requests++
  const startedMs = performance.now()
  try {
    const options = { origin: url.origin, path: url.pathname + url.search, method: 'GET', headers, signal } as const
    const answer = await agent.request(options)
    settings.onAnswered(performance.now() - startedMs)
    return answer
  } catch (error) {
    signal.throwIfAborted()
    throw networkFailure(error, showUrl(url), 'request')
  }
}

function accept(
  status: number,
  headers: Headers,
  range: RequestOptions['range'],
  url: URL,
): Pick<Answer, 'start' | 'end'> {
  if (!isIdentityEncoding(headers['content-encoding'])) {
    throw new OriginFailure(
      'ORIGIN_INVALID',
      `origin compresses ${showUrl(url)} on the way (content-encoding ${String(headers['content-encoding'])})`,
      { reason: 'ENCODING', retryable: false, fix: 'turn compression off for it at the server or CDN' },
    )
  }
  if (status === 200) return { start: 0, end: undefined }
  const got = parseContentRange(headers['content-range'])
  // A shorter answer is allowed (RFC 9110 15.3.7); what is missing is asked for again.
  if (range === undefined || got?.first !== range.start || got.last >= range.end) {
    const asked = range === undefined ? 'the whole object' : `bytes ${range.start}-${range.end - 1}`
    throw new OriginFailure(
      'ORIGIN_INVALID',
      `origin answered ${asked} of ${showUrl(url)} with ${String(headers['content-range'] ?? 'an unnamed part')}`,
      { reason: 'WRONG_RANGE', retryable: true },
    )
  }
  return { start: got.first, end: got.last + 1 }
}

/** Reads a short error page so that the connection can be used again; gives the connection up for a long one. */
async function discard(connection: OriginConnection, body: Dispatcher.ResponseData['body']): Promise<void> {
  let total = 0
  try {
    for await (const bytes of body as AsyncIterable<Uint8Array>) {
      total += bytes.length
      if (total > LIMITS.origin.errorBodyBytesMax) break
    }
  } catch {
    // The status is already known; what happens to the page about it changes nothing.
  }
  connection.stats.wireBytes += total
  connection.stats.wastedBytes += total
}

function redirectTarget(connection: OriginConnection, from: URL, headers: Headers, hops: number): URL {
  const location = typeof headers.location === 'string' ? URL.parse(headers.location, from.href) : null
  const refuse = (why: string, fix?: string) =>
    new OriginFailure('ORIGIN_INVALID', `origin redirects ${showUrl(from)} ${why}`, {
      reason: 'REDIRECT',
      retryable: false,
      fix,
    })
  if (location === null) throw refuse('to nowhere readable')
  if (hops >= LIMITS.origin.redirectsMax) throw refuse(`more than ${LIMITS.origin.redirectsMax} times`)
  const allowed = [connection.address.origin, ...connection.settings.allowRedirectTo.map(originOf)]
  if (!allowed.includes(location.origin) || !/^https?:$/.test(location.protocol)) {
    throw refuse(
      `to ${location.origin}, which is not allowed`,
      `give that address as the origin, or allow redirects to ${location.origin}`,
    )
  }
  location.username = ''
  location.password = ''
  return location
}

function originOf(text: string): string {
  return URL.parse(text)?.origin ?? text
}

function statusFailure(connection: OriginConnection, status: number, headers: Headers, url: URL): OriginFailure {
  const retryable =
    status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
  const wait = retryable ? parseRetryAfter(headers['retry-after'], Date.now()) : undefined
  return new OriginFailure(
    retryable ? 'ORIGIN_UNREACHABLE' : 'ORIGIN_INVALID',
    `origin answered ${status} to ${showUrl(url)}`,
    {
      reason: `STATUS_${status}`,
      retryable,
      retryAfterMs: wait === undefined ? undefined : Math.min(wait, connection.settings.retryAfterMaxMs),
    },
  )
}
