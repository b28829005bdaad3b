/**
 * The answering side of a link. Requests are answered one after another, so a link never holds more than one span in
 * memory here, and the links of several neighbours share the upload evenly.
 */
import { blockIdFromDigest, type Manifest, type ReleaseId } from '@shoal/release'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { hasBit } from '../swarm/index.ts'
import type { BufferPool } from './buffer-pool.ts'
import {
  DATA_HEADER_BYTES,
  decodeAsk,
  encodeAnswer,
  encodeDataHeader,
  STATUS,
  violation,
  type Ask,
  type Hello,
} from './frames.ts'
import { hear } from './hear.ts'
import type { Link } from './link.ts'
import type { Offer } from './offer.ts'

export interface ServerDeps {
  hello: Hello
  offer: Offer
  /** Answers are put together in these; links may share them. */
  rooms: BufferPool
  /** Encoded answer to "whom else do you know?" */
  tellPeers(asker: string): Uint8Array
  /** While true, spans are answered with `busy`. */
  paused(): boolean
  /** Resolves when some of so many bytes may be sent, with how many; with 0 when none may be. Absent: no limit. */
  allow?(bytes: number, signal: AbortSignal): Promise<number>
  onHello(hello: Hello): void
  onSent(bytes: number): void
  onViolation(error: PeerError): void
}

type Job = Extract<Ask, { type: 'requestSpan' | 'requestBlock' | 'requestMetadata' | 'requestPeers' }>

/** Serves until the link ends. Never rejects. */
export function serveLink(link: Link, deps: ServerDeps): void {
  const slots = new Map<number, { release: ReleaseId; unwatch: () => void }>()
  const jobs: Job[] = []
  let current: { id: number; cancelled: boolean } | undefined
  let waitingBytes = 0

  link.ended.addEventListener('abort', () => {
    jobs.length = 0
    for (const slot of slots.values()) slot.unwatch()
    slots.clear()
  })

  /** A few bytes can ask for many: for who does not take them, only so many are kept. */
  function say(answer: Parameters<typeof encodeAnswer>[0]): void {
    const bytes = encodeAnswer(answer)
    waitingBytes = link.send(bytes) ? 0 : waitingBytes + bytes.length
    if (waitingBytes > LIMITS.controlWaitingBytesMax) fail(new PeerError('TIMEOUT', 'the other side does not listen'))
  }

  function take(ask: Exclude<Ask, { type: 'hello' }>): void {
    switch (ask.type) {
      case 'join':
        return join(ask.slot, ask.release)
      case 'leave':
        slots.get(ask.slot)?.unwatch()
        slots.delete(ask.slot)
        return
      case 'cancel': {
        const at = jobs.findIndex((job) => job.id === ask.id)
        if (at !== -1) {
          jobs.splice(at, 1)
          say({ type: 'end', id: ask.id, status: STATUS.refused })
        }
        if (current?.id === ask.id) current.cancelled = true
        return
      }
      case 'requestBlock':
      case 'requestPeers':
      case 'requestMetadata':
      case 'requestSpan':
        if (jobs.length >= LIMITS.requestsPerLinkMax) throw violation('too many requests wait on one link')
        jobs.push(ask)
        if (current === undefined) void work()
    }
  }

  function join(slot: number, digest: Uint8Array): void {
    if (slots.has(slot)) throw violation('a slot joined twice')
    if (slots.size >= LIMITS.slotsPerLinkMax) throw violation('too many slots on one link')
    const release = blockIdFromDigest(digest) as ReleaseId
    if (deps.offer.holding(release) === undefined) say({ type: 'unavailable', slot })
    const unwatch = deps.offer.watch(release, {
      available: (holding) => say({ type: 'available', slot, spans: holding.spanBitmap() }),
      gained: (span) => say({ type: 'have', slot, span }),
      fetching: (span, began) => say({ type: 'fetching', slot, span, began }),
      unavailable: () => say({ type: 'unavailable', slot }),
    })
    // What was said may have ended the link, and then nobody comes to stop it.
    if (link.ended.aborted) unwatch()
    else slots.set(slot, { release, unwatch })
  }

  async function work(): Promise<void> {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      current = { id: job.id, cancelled: false }
      let status: number = STATUS.absent
      try {
        status = await answer(job, current)
      } catch (error) {
        if (error instanceof PeerError && error.code === 'PROTOCOL_VIOLATION') return fail(error)
        if (!(error instanceof PeerError) || error.code !== 'CHUNK_GONE') {
          // A local failure: the other side learns a status, never an error text.
          deps.onViolation(new PeerError('STORE_CORRUPT', `could not serve ${job.type}`, { cause: error }))
        }
      }
      say({ type: 'end', id: job.id, status })
    }
    current = undefined
  }

  async function answer(job: Job, state: { cancelled: boolean }): Promise<number> {
    switch (job.type) {
      case 'requestBlock':
        return sendCopy(job.id, await deps.offer.block(blockIdFromDigest(job.digest)), state)
      case 'requestMetadata':
        return sendCopy(job.id, deps.offer.metadata(job.file), state)
      case 'requestPeers':
        return sendCopy(job.id, deps.tellPeers(link.peer), state)
      case 'requestSpan': {
        if (deps.paused()) return STATUS.busy
        const release = slots.get(job.slot)?.release
        const holding = release === undefined ? undefined : deps.offer.holding(release)
        if (holding === undefined) return STATUS.absent
        const { chunks, bytes } = chunksOfMask(holding.manifest, job.span, job.mask)
        if (!chunks.every((chunk) => holding.hasChunk(chunk))) return STATUS.absent
        return sendFrom(job.id, bytes, state, (room) => holding.readChunks(job.span, chunks, room))
      }
    }
  }

  async function sendCopy(id: number, bytes: Uint8Array | undefined, state: { cancelled: boolean }): Promise<number> {
    if (bytes === undefined) return STATUS.absent
    return sendFrom(id, bytes.length, state, (room) => room.set(bytes))
  }

  /** @param fill puts the answer into its room */
  async function sendFrom(
    id: number,
    bytes: number,
    state: { cancelled: boolean },
    fill: (room: Uint8Array) => unknown,
  ): Promise<number> {
    const room = deps.rooms.take(DATA_HEADER_BYTES + bytes)
    try {
      const framed = room.subarray(0, DATA_HEADER_BYTES + bytes)
      await fill(framed.subarray(DATA_HEADER_BYTES))
      return await send(id, framed, state)
    } finally {
      deps.rooms.give(room)
    }
  }

  /** Frame by frame: the header of each is written over the end of the one before, which is out by then. */
  async function send(id: number, framed: Uint8Array, state: { cancelled: boolean }): Promise<number> {
    let at = DATA_HEADER_BYTES
    while (at < framed.length && !state.cancelled && !link.ended.aborted) {
      const frame = Math.min(LIMITS.framePayloadBytesMax, framed.length - at)
      const allowed = (await deps.allow?.(frame, link.ended)) ?? frame
      if (allowed === 0) return STATUS.busy
      const end = at + allowed
      framed.set(encodeDataHeader(id, end - at), at - DATA_HEADER_BYTES)
      link.send(framed.subarray(at - DATA_HEADER_BYTES, end))
      deps.onSent(end - at)
      at = end
      await takenInTime()
    }
    return state.cancelled ? STATUS.refused : STATUS.ok
  }

  async function takenInTime(): Promise<void> {
    const timer = setTimeout(
      () => fail(new PeerError('TIMEOUT', 'the other side does not take what it asked for')),
      LIMITS.drainTimeoutMs,
    )
    await link.drained()
    clearTimeout(timer)
    waitingBytes = 0
  }

  const fail = hear(
    link,
    decodeAsk,
    {
      hello(hello) {
        deps.onHello(hello)
        say({ type: 'hello', ...deps.hello })
      },
      message: take,
    },
    (error) => deps.onViolation(error),
  )
}

/** The chunks of a span that a mask names, and their bytes together. */
function chunksOfMask(manifest: Manifest, span: number, mask: Uint8Array): { chunks: number[]; bytes: number } {
  if (span >= manifest.spans.count) throw violation('a span beyond the release')
  const first = manifest.spans.firstChunk[span] ?? 0
  const end = manifest.spans.firstChunk[span + 1] ?? first
  const chunks: number[] = []
  let bytes = 0
  for (let i = 0; i < mask.length * 8; i++) {
    if (!hasBit(mask, i)) continue
    if (first + i >= end) throw violation('a chunk beyond the span')
    chunks.push(first + i)
    bytes += manifest.chunks.sizes[first + i] ?? 0
  }
  if (chunks.length === 0) throw violation('a request for nothing')
  return { chunks, bytes }
}
