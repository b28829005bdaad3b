import type { OriginConnection } from './connection.ts'
import { OriginFailure } from './failure.ts'
import { parseContentLength } from './headers.ts'
import { readBody } from './read-body.ts'
import { request } from './request.ts'
import { withRetries } from './retry.ts'
import { countError } from './stats.ts'

interface DocumentOptions<T> {
  bytesMax: number
  signal: AbortSignal
  /** Makes the document of its bytes; what it throws counts as damage on the way, and the document is asked for once more. */
  read: (bytes: Uint8Array) => T
}

/** A small object, whole. Undefined when the origin does not have it. */
export async function fetchDocument<T>(
  connection: OriginConnection,
  path: string,
  { bytesMax, signal, read }: DocumentOptions<T>,
): Promise<T | undefined> {
  for (let again = false; ; again = true) {
    const bytes = await withRetries(connection, signal, () => attempt(connection, path, bytesMax, signal))
    if (bytes === undefined) return undefined
    try {
      return read(bytes)
    } catch (error) {
      countError(connection.stats, 'CORRUPT')
      connection.stats.wastedBytes += bytes.length
      if (!again) continue
      throw new OriginFailure('ORIGIN_CORRUPT', `origin holds a damaged ${connection.address.shown}${path}`, {
        reason: 'CORRUPT',
        retryable: false,
        cause: error,
      })
    }
  }
}

async function attempt(
  connection: OriginConnection,
  path: string,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const answer = await request(connection, path, { signal })
  if (answer === undefined) return undefined
  const parts: Uint8Array[] = []
  let total = 0
  let whole = false
  try {
    if ((parseContentLength(answer.headers['content-length']) ?? 0) > bytesMax) throw tooLong(answer.shown, bytesMax)
    for await (const bytes of readBody(connection, answer, signal)) {
      parts.push(bytes)
      total += bytes.length
      if (total > bytesMax) throw tooLong(answer.shown, bytesMax)
    }
    whole = true
  } finally {
    if (!whole) {
      connection.stats.wastedBytes += total
      answer.body.on('error', () => undefined).destroy()
    }
  }
  return Buffer.concat(parts)
}

function tooLong(shown: string, bytesMax: number): OriginFailure {
  return new OriginFailure('ORIGIN_INVALID', `origin sends more than ${bytesMax} bytes for ${shown}`, {
    reason: 'TOO_LONG',
    retryable: false,
  })
}
