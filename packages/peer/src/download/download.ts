/**
 * The shell around the swarm core: feeds it what happens, carries out what it decides, and moves the bytes between
 * sources and staging. No rule about whom to ask for what lives here.
 */
import { performance } from 'node:perf_hooks'
import { SPAN_BYTES, type PackIndex } from '@shoal/release'
import { PeerError } from '../error.ts'
import { createBufferPool, type Offer } from '../links/index.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { OriginClient } from '../origin/index.ts'
import type { Staging } from '../store/index.ts'
import {
  applyEvent,
  createSwarm,
  explainWaiting,
  isBitmapOf,
  isComplete,
  ORIGIN,
  planRequests,
  setBit,
  type Decision,
  type Reason,
  type SwarmPolicy,
  type Waiting,
} from '../swarm/index.ts'
import { createAccount, type Account } from './account.ts'
import type { Participants } from './participants.ts'

export interface DownloadOptions {
  self: string
  staging: Staging
  participants: Participants
  neighbours: Pick<Neighbours, 'ban'>
  offer: Pick<Offer, 'gained'>
  origin: OriginClient | undefined
  policy: Omit<SwarmPolicy, 'originFromMs'>
  /** How long neighbours are looked for before the origin is asked for what nobody has. */
  settleMs: number
  /** No new byte for this long ends the download with TIMEOUT; Infinity waits for ever. */
  giveUpMs: number
  random(): number
  paused(): boolean
  onProgress(progress: DownloadProgress): void
  signal: AbortSignal
}

export interface DownloadProgress {
  account: Account
  doneBytes: number
  /** Bytes a second over the last seconds. */
  rate: number
  waiting: Waiting
}

const TICK_MS = 100
const PROGRESS_MS = 250
const MASK_BYTES = 32
/** A span that the origin delivered damaged this often is not worth another attempt. */
const ORIGIN_DAMAGE_MAX = 3

/** Resolves when every span is on disk and verified. */
export function downloadSpans(options: DownloadOptions): Promise<Account> {
  const { staging, participants, origin } = options
  const { manifest } = staging
  const account = createAccount(manifest.chunks.bytes, staging.reusedBytes, staging.resumedBytes)
  const now = (): number => performance.now()
  const startedMs = now()
  const swarm = createSwarm(
    options.self,
    bytesToFetch(staging),
    {
      ...options.policy,
      origin: options.policy.origin && origin !== undefined,
      originFromMs: startedMs + options.settleMs,
    },
    () => options.random(),
    startedMs,
  )
  const byKey = new Map<string, Neighbour>()
  const cancels = new Map<string, () => void>()
  const reasons = new Map<string, Reason>()
  const originDamage = new Map<number, number>()
  const pool = createBufferPool(SPAN_BYTES + manifest.chunking.max)
  const stop = new AbortController()
  let index: Promise<PackIndex> | undefined
  let planned = false
  let lastByteMs = startedMs
  let progressAtMs = 0

  const { promise, resolve, reject } = Promise.withResolvers<Account>()

  function finish(error?: unknown): void {
    if (stop.signal.aborted) return
    stop.abort()
    clearInterval(ticking)
    options.signal.removeEventListener('abort', onAbort)
    for (const cancel of cancels.values()) cancel()
    if (origin !== undefined) account.waste('origin', origin.stats.wastedBytes)
    report()
    if (error === undefined) resolve(account)
    else reject(error)
  }
  const onAbort = (): void => finish(options.signal.reason)

  function report(): void {
    progressAtMs = now()
    const doneBytes = manifest.chunks.bytes - staging.missingBytes
    const rate = progressAtMs - swarm.totalPace.sinceMs > 5_000 ? 0 : swarm.totalPace.rate
    options.onProgress({ account, doneBytes, rate, waiting: explainWaiting(swarm, progressAtMs) })
  }

  /** Plans once for all events of this turn of the event loop. */
  function replan(): void {
    if (planned || stop.signal.aborted) return
    planned = true
    setImmediate(() => {
      planned = false
      if (stop.signal.aborted) return
      if (isComplete(swarm)) return finish()
      if (!options.paused()) execute(planRequests(swarm, now()))
      if (isComplete(swarm)) finish()
    })
  }

  function tick(): void {
    if (now() - progressAtMs >= PROGRESS_MS) report()
    if (options.paused()) lastByteMs = now()
    if (now() - lastByteMs > options.giveUpMs) return finish(stuck(explainWaiting(swarm, now()), options.giveUpMs))
    replan()
  }

  function execute(decisions: readonly Decision[]): void {
    const fromOrigin: number[] = []
    for (const decision of decisions) {
      const key = `${decision.type === 'ban' ? '' : decision.span} ${decision.type === 'ban' ? '' : decision.from}`
      switch (decision.type) {
        case 'ban':
          options.neighbours.ban(decision.peer, 'it delivered bytes that do not verify')
          break
        case 'cancel':
          cancels.get(key)?.()
          cancels.delete(key)
          break
        case 'request':
          reasons.set(key, decision.reason)
          if (decision.from === ORIGIN) fromOrigin.push(decision.span)
          else askNeighbour(decision.from, decision.span, key)
      }
    }
    if (fromOrigin.length > 0) void askOrigin(fromOrigin)
  }

  function askNeighbour(from: string, span: number, key: string): void {
    const requester = byKey.get(from)?.requester
    if (requester === undefined) return failed(from, span, 'lost')
    const chunks = staging.missingChunks(span)
    const first = manifest.spans.firstChunk[span] ?? 0
    const mask = new Uint8Array(MASK_BYTES)
    let bytes = 0
    for (const chunk of chunks) {
      setBit(mask, chunk - first)
      bytes += manifest.chunks.sizes[chunk] ?? 0
    }
    let buffer: Uint8Array | undefined
    const giveBack = (): void => {
      if (buffer !== undefined) pool.give(buffer)
      buffer = undefined
    }
    const cancel = requester.requestSpan(participants.slot, span, mask, bytes, {
      room: () => (buffer = pool.take(bytes)),
      progress: (count) => progressed(from, span, count),
      done: (content) => {
        cancels.delete(key)
        void write(from, span, chunks, content).finally(giveBack)
      },
      failed: (cause) => {
        cancels.delete(key)
        giveBack()
        failed(from, span, cause === 'absent' ? 'refused' : 'lost')
      },
    })
    cancels.set(key, () => {
      cancel()
      giveBack()
    })
  }

  async function askOrigin(spans: readonly number[]): Promise<void> {
    if (origin === undefined) return
    const unfinished = new Map(spans.map((span) => [span, createGathering(staging.missingChunks(span))]))
    try {
      index ??= origin.fetchIndex(manifest, { signal: stop.signal })
      const wanted = [...unfinished.values()].flatMap((gathering) => gathering.chunks)
      for await (const outcome of origin.fetchChunks(await index, manifest, wanted, { signal: stop.signal })) {
        const span = manifest.spans.spanOf(outcome.chunk)
        const gathering = unfinished.get(span)
        if (gathering === undefined) continue
        if (outcome.error !== undefined) {
          unfinished.delete(span)
          if (outcome.error.code === 'ORIGIN_CORRUPT') damaged(span, outcome.error)
          failed(ORIGIN, span, 'lost')
          continue
        }
        progressed(ORIGIN, span, outcome.bytes.length)
        if (!gathering.add(outcome.chunk, outcome.bytes)) continue
        unfinished.delete(span)
        await write(ORIGIN, span, gathering.chunks, gathering.join())
      }
    } catch (error) {
      index = undefined
      if (stop.signal.aborted) return
      if (!(error instanceof PeerError)) return finish(error)
    }
    for (const span of unfinished.keys()) failed(ORIGIN, span, 'lost')
  }

  function damaged(span: number, error: PeerError): void {
    const count = (originDamage.get(span) ?? 0) + 1
    originDamage.set(span, count)
    if (count >= ORIGIN_DAMAGE_MAX && byKey.size === 0) finish(error)
  }

  function progressed(from: string, span: number, bytes: number): void {
    lastByteMs = now()
    applyEvent(swarm, { type: 'progress', from, span, bytes, nowMs: lastByteMs })
  }

  function failed(from: string, span: number, cause: 'refused' | 'lost' | 'corrupt'): void {
    if (stop.signal.aborted) return
    applyEvent(swarm, { type: 'failed', from, span, cause, nowMs: now() })
    replan()
  }

  async function write(from: string, span: number, chunks: readonly number[], content: Uint8Array): Promise<void> {
    const neighbour = byKey.get(from)
    const rest = staging.missingChunks(span)
    if (rest.length === 0) {
      account.waste('duplicate', content.length)
      if (!stop.signal.aborted) applyEvent(swarm, { type: 'done', from, span, nowMs: now() })
      return replan()
    }
    try {
      await staging.writeChunks(span, chunks, content)
    } catch (error) {
      if (!(error instanceof PeerError) || error.code !== 'CHUNK_MISMATCH') return finish(error)
      account.waste('corrupt', content.length)
      return failed(from, span, 'corrupt')
    }
    if (neighbour !== undefined) neighbour.receivedBytes += content.length
    account.received(from, kindOf(from, neighbour), content.length, reasons.get(`${span} ${from}`) ?? 'alone')
    options.offer.gained(manifest.id, span)
    if (stop.signal.aborted) return
    applyEvent(swarm, { type: 'done', from, span, nowMs: now() })
    replan()
  }

  function kindOf(from: string, neighbour: Neighbour | undefined): 'origin' | 'cache' | 'lanPeers' | 'wanPeers' {
    if (from === ORIGIN) return 'origin'
    if (neighbour?.hello?.role === 'cache') return 'cache'
    return neighbour?.local === true ? 'lanPeers' : 'wanPeers'
  }

  participants.listen({
    joined(neighbour, spans) {
      if (!isBitmapOf(spans, manifest.spans.count)) {
        return options.neighbours.ban(neighbour.key, 'availability that does not fit the release')
      }
      byKey.set(neighbour.key, neighbour)
      applyEvent(swarm, { type: 'joined', peer: neighbour.key, local: neighbour.local, spans, nowMs: now() })
      replan()
    },
    have(neighbour, span) {
      applyEvent(swarm, { type: 'have', peer: neighbour.key, span, nowMs: now() })
      replan()
    },
    left(neighbour) {
      byKey.delete(neighbour.key)
      applyEvent(swarm, { type: 'left', peer: neighbour.key })
      replan()
    },
  })

  const ticking = setInterval(tick, TICK_MS)
  options.signal.addEventListener('abort', onAbort)
  if (options.signal.aborted) onAbort()
  else replan()
  return promise
}

function bytesToFetch(staging: Staging): Uint32Array {
  const { spans, chunks } = staging.manifest
  const bytes = new Uint32Array(spans.count)
  for (let span = 0; span < spans.count; span++) {
    for (const chunk of staging.missingChunks(span)) bytes[span] = (bytes[span] ?? 0) + (chunks.sizes[chunk] ?? 0)
  }
  return bytes
}

/** The chunks of one span as they come from the origin, in any order. */
function createGathering(chunks: readonly number[]): {
  chunks: readonly number[]
  add(chunk: number, bytes: Uint8Array): boolean
  join(): Uint8Array
} {
  const parts = new Map<number, Uint8Array>()
  return {
    chunks,
    /** Returns whether all are there. */
    add(chunk, bytes) {
      parts.set(chunk, bytes)
      return parts.size === chunks.length
    },
    join: () => Buffer.concat(chunks.map((chunk) => parts.get(chunk) ?? new Uint8Array(0))),
  }
}

function stuck(waiting: Waiting, giveUpMs: number): PeerError {
  const why = [
    waiting.nobody > 0 ? `${waiting.nobody} spans that no neighbour has (the origin is not to be asked)` : '',
    waiting.origin > 0 ? `${waiting.origin} spans that only the origin has, and it does not deliver` : '',
    waiting.owner > 0 ? `${waiting.owner} spans that another peer of the site fetches` : '',
    waiting.busy > 0 ? `${waiting.busy} spans whose holders do not deliver` : '',
  ].filter((part) => part !== '')
  return new PeerError('TIMEOUT', `no byte in ${Math.round(giveUpMs / 1000)} s; waiting for ${why.join(', ')}`)
}
