/**
 * The shell around the swarm core: feeds it what happens, carries out what it decides, and moves the bytes between
 * sources and staging. No rule about whom to ask for what lives here.
 */
import { performance } from 'node:perf_hooks'
import { SPAN_BYTES } from '@shoal/release'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
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
  originConnections,
  planRequests,
  type Decision,
  type Reason,
  type SwarmPolicy,
  type Waiting,
} from '../swarm/index.ts'
import type { Traffic } from '../traffic/index.ts'
import type { Account } from './account.ts'
import { createArrivals } from './arrivals.ts'
import type { Delivery } from './delivery.ts'
import { askNeighbour } from './from-neighbour.ts'
import { createOriginFetcher } from './from-origin.ts'
import type { Participants } from './participants.ts'
import { stuck } from './stuck.ts'
import { createSyncAhead } from './sync-ahead.ts'

export interface DownloadOptions {
  self: string
  staging: Staging
  /** Counts on from what it holds. */
  account: Account
  participants: Participants
  neighbours: Pick<Neighbours, 'ban' | 'wastedBytes'>
  offer: Pick<Offer, 'gained' | 'fetching'>
  origin: OriginClient | undefined
  traffic: Pick<Traffic, 'download' | 'origin'>
  policy: Omit<SwarmPolicy, 'originFromMs' | 'gentleUntilMs'>
  /** For how long from now neighbours are still looked for before the origin is asked for what nobody has. */
  settleMs: number
  /** For how long from now others may begin with the same release. */
  gentleMs: number
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

/** A request under way. What was asked of the origin is not called back. */
interface Asked {
  reason: Reason
  cancel?: () => void
}

const TICK_MS = 100
const PROGRESS_MS = 250
/** Where traffic is limited, what comes within so long is asked for. */
const AHEAD_S = 3
/** A span that the origin delivered damaged this often is not worth another attempt. */
const ORIGIN_DAMAGE_MAX = 3

/** Resolves when every span is on disk and verified. */
export function downloadSpans(options: DownloadOptions): Promise<void> {
  const { staging, participants, origin, account } = options
  const { manifest } = staging
  const now = (): number => performance.now()
  const startedMs = now()
  const wastedBefore = { origin: origin?.stats.wastedBytes ?? 0, neighbours: options.neighbours.wastedBytes }
  const swarm = createSwarm(
    options.self,
    bytesToFetch(staging),
    {
      ...options.policy,
      origin: options.policy.origin && origin !== undefined,
      originFromMs: startedMs + options.settleMs,
      gentleUntilMs: startedMs + options.gentleMs,
    },
    () => options.random(),
    startedMs,
  )
  /** Those who have left, too: what they sent before counts. */
  const byKey = new Map<string, Neighbour>()
  const asked = new Map<string, Asked>()
  const arrivals = createArrivals()
  const originDamage = new Map<number, number>()
  const pool = createBufferPool(SPAN_BYTES + manifest.chunking.max, LIMITS.spanBuffersIdleMax)
  const writing = new Map<number, Promise<void>>()
  const syncAhead = createSyncAhead(staging)
  const stop = new AbortController()
  const delivery: Delivery = { progressed: arrivals.add, delivered, failed }
  const originFetcher =
    origin === undefined ? undefined : createOriginFetcher(origin, staging, pool, delivery, damaged, stop.signal)
  let planned = false
  let lastByteMs = startedMs
  let progressAtMs = 0

  const { promise, resolve, reject } = Promise.withResolvers<undefined>()

  function finish(error?: unknown): void {
    if (stop.signal.aborted) return
    stop.abort()
    clearInterval(ticking)
    options.signal.removeEventListener('abort', onAbort)
    for (const { cancel } of asked.values()) cancel?.()
    // Both count for longer than this download.
    account.waste('origin', (origin?.stats.wastedBytes ?? 0) - wastedBefore.origin)
    account.waste('cancelled', options.neighbours.wastedBytes - wastedBefore.neighbours)
    report()
    if (error === undefined) resolve(undefined)
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
      tellArrived()
      if (isComplete(swarm)) return finish()
      origin?.useConnections(originConnections(swarm, now()))
      if (!options.paused()) execute(planRequests(swarm, now()))
      if (isComplete(swarm)) finish()
    })
  }

  function tick(): void {
    tellArrived()
    if (now() - progressAtMs >= PROGRESS_MS) report()
    if (options.paused()) lastByteMs = now()
    limit()
    if (now() - lastByteMs > options.giveUpMs) return finish(stuck(explainWaiting(swarm, now()), options.giveUpMs))
    replan()
  }

  function limit(): void {
    const { download, origin: ration } = options.traffic
    const [lanBytesMax, wanBytesMax, originBytesMax] = [download(true), download(false), ration].map(
      ({ rate }) => rate * AHEAD_S,
    ) as [number, number, number]
    applyEvent(swarm, { type: 'limited', lanBytesMax, wanBytesMax, originBytesMax })
  }

  function execute(decisions: readonly Decision[]): void {
    const fromOrigin: number[] = []
    for (const decision of decisions) {
      if (decision.type === 'ban') {
        options.neighbours.ban(decision.peer, 'it delivered bytes that do not verify')
        continue
      }
      if (decision.type === 'renew') {
        origin?.renew(decision.quietMs)
        continue
      }
      const { from, span } = decision
      const key = `${span} ${from}`
      if (decision.type === 'cancel') {
        asked.get(key)?.cancel?.()
        asked.delete(key)
        options.offer.fetching(manifest.id, span, false)
        continue
      }
      if (staging.missingChunks(span).length === 0) {
        // It came from elsewhere, and is on disk since a moment ago: a request for nothing would be a violation.
        applyEvent(swarm, { type: 'done', from, span, nowMs: now() })
        replan()
        continue
      }
      if (isFromBeyond(from)) options.offer.fetching(manifest.id, span, true)
      if (from === ORIGIN) {
        fromOrigin.push(span)
        asked.set(key, { reason: decision.reason })
      } else ask(decision, key)
    }
    if (fromOrigin.length > 0) originFetcher?.fetch(fromOrigin).catch(finish)
  }

  function ask({ from, span, reason }: Decision & { type: 'request' }, key: string): void {
    const neighbour = byKey.get(from)
    const meter = options.traffic.download(neighbour?.local === true)
    const cancel = askNeighbour(neighbour, participants.slot, span, staging, pool, delivery, meter)
    if (cancel === undefined) return failed(from, span, 'lost')
    asked.set(key, { reason, cancel })
  }

  function damaged(span: number, error: PeerError): void {
    const count = (originDamage.get(span) ?? 0) + 1
    originDamage.set(span, count)
    if (count >= ORIGIN_DAMAGE_MAX && swarm.neighbours.size === 0) finish(error)
  }

  function tellArrived(): void {
    for (const { from, span, bytes } of arrivals.take()) {
      lastByteMs = now()
      applyEvent(swarm, { type: 'progress', from, span, bytes, nowMs: lastByteMs })
    }
  }

  function failed(from: string, span: number, cause: 'refused' | 'busy' | 'lost' | 'corrupt'): void {
    asked.delete(`${span} ${from}`)
    options.offer.fetching(manifest.id, span, false)
    tellArrived()
    if (stop.signal.aborted) return
    applyEvent(swarm, { type: 'failed', from, span, cause, nowMs: now() })
    replan()
  }

  /** In the endgame a span can come twice: the second waits for what becomes of the first. */
  async function delivered(from: string, span: number, chunks: readonly number[], content: Uint8Array): Promise<void> {
    const key = `${span} ${from}`
    const reason = asked.get(key)?.reason ?? 'alone'
    asked.delete(key)
    const neighbour = byKey.get(from)
    await writing.get(span)
    if (staging.missingChunks(span).length === 0) {
      account.waste('duplicate', content.length)
    } else {
      const written = staging.writeChunks(span, chunks, content)
      writing.set(
        span,
        written.catch(() => undefined),
      )
      try {
        await written
      } catch (error) {
        if (!(error instanceof PeerError) || error.code !== 'CHUNK_MISMATCH') return finish(error)
        account.waste('corrupt', content.length)
        return failed(from, span, 'corrupt')
      } finally {
        writing.delete(span)
      }
      if (neighbour !== undefined) neighbour.receivedBytes += content.length
      account.received(from, kindOf(from, neighbour), content.length, reason, neighbour?.hello?.site ?? '')
      options.offer.gained(manifest.id, span)
      syncAhead.written(content.length, swarm.totalPace.rate).catch(finish)
    }
    tellArrived()
    if (stop.signal.aborted) return
    applyEvent(swarm, { type: 'done', from, span, nowMs: now() })
    replan()
  }

  /** What comes over the uplink, others of the site need not ask for. */
  function isFromBeyond(from: string): boolean {
    return from === ORIGIN || byKey.get(from)?.local === false
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
    fetching(neighbour, span, began) {
      applyEvent(swarm, { type: 'fetching', peer: neighbour.key, span, began, nowMs: now() })
      replan()
    },
    left(neighbour) {
      applyEvent(swarm, { type: 'left', peer: neighbour.key })
      replan()
    },
  })

  limit()
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
