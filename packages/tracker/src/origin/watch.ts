/**
 * Where news begins: a tracker that knows the origin looks at its timestamp now and then, so that a release is told of by broker and
 * gossip also where no peer could tell. What it finds is as trustworthy as what a neighbour tells.
 */
import { METADATA_BYTES_MAX, metadataFile } from '@shoal/release'
import { setTimeout as wait } from 'node:timers/promises'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface OriginConfig {
  /** Its base. */
  url: URL
  /** On average, with 50 to 150 % jitter. */
  everyMs: number
}

interface WatchDeps {
  hear: (timestamp: Uint8Array) => void
  /** @param failures in a row */
  onFailure: (error: unknown, failures: number) => void
  random: () => number
}

export function watchOrigin({ url, everyMs }: OriginConfig, { hear, onFailure, random }: WatchDeps): AsyncDisposable {
  const stopping = new AbortController()
  const { signal } = stopping
  const file = new URL(`tuf/${metadataFile('timestamp')}`, url)

  async function watch(): Promise<void> {
    let tag: string | undefined
    let failures = 0
    while (!signal.aborted) {
      try {
        const found = await look(file, tag, signal)
        failures = 0
        if (found !== undefined) {
          tag = found.tag
          hear(found.document)
        }
      } catch (error) {
        if (!isAborted(signal)) onFailure(error, (failures += 1))
      }
      await wait(everyMs * (0.5 + random()), undefined, { signal }).catch(() => undefined)
    }
  }

  const watching = watch()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'))
      await watching
    },
  }
}

/** Undefined when it is still the one with that tag. */
async function look(
  file: URL,
  tag: string | undefined,
  stop: AbortSignal,
): Promise<{ document: Uint8Array; tag: string | undefined } | undefined> {
  const headers = tag === undefined ? {} : { 'if-none-match': tag }
  const signal = AbortSignal.any([stop, AbortSignal.timeout(LIMITS.originTimeoutMs)])
  const response = await fetch(file, { headers, signal, redirect: 'error' })
  if (response.status === 304 && tag !== undefined) return undefined
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new TrackerError('UNREACHABLE', `${file.href} answers ${response.status}`)
  }
  return { document: await readBounded(response, file), tag: response.headers.get('etag') ?? undefined }
}

async function readBounded({ body }: Response, file: URL): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  // To break off cancels the rest.
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    pieces.push(piece)
    sizeBytes += piece.length
    if (sizeBytes > METADATA_BYTES_MAX.timestamp) {
      throw new TrackerError('TOO_LARGE', `${file.href} is larger than a timestamp`)
    }
  }
  return Buffer.concat(pieces)
}

/** As a call, because the compiler takes it that a signal seen unaborted stays so across an await. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}
