/**
 * The asking side of a link. Several requests may be under way; the other side answers them in order. What is
 * outstanding is bounded by the caller, who never asks for more than it has memory for.
 */
import { blockDigest, type BlockId, type ReleaseId } from '@shoal/release'
import type { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { decodeAnswer, encodeAsk, STATUS, violation, type Answer, type Ask, type Hello } from './frames.ts'
import { hear } from './hear.ts'
import type { Link } from './link.ts'

export interface SlotWatcher {
  /** Raw availability: the caller checks it against the number of spans. */
  available(spans: Uint8Array): void
  have(span: number): void
  fetching(span: number, began: boolean): void
  unavailable(): void
}

export interface Receiver {
  /** Room for the whole answer, asked for when its first byte comes; the receiver owns it. */
  room?(): Uint8Array
  progress(bytes: number): void
  done(bytes: Uint8Array): void
  /** `lost` when the link ended first. */
  failed(cause: 'absent' | 'busy' | 'lost'): void
}

export interface Requester {
  readonly peer: string
  readonly ended: AbortSignal
  join(slot: number, release: ReleaseId, watcher: SlotWatcher): void
  leave(slot: number): void
  /** @param bytes how long the answer will be. Returns how to cancel; a cancelled receiver hears nothing more. */
  requestSpan(slot: number, span: number, mask: Uint8Array, bytes: number, receiver: Receiver): () => void
  fetchBlock(id: BlockId, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>
  fetchMetadata(file: string, bytesMax: number, signal: AbortSignal): Promise<Uint8Array | undefined>
  fetchPeers(signal: AbortSignal): Promise<Uint8Array | undefined>
  close(reason: Error): void
}

interface Pending {
  exact: boolean
  bytesMax: number
  buffer: Uint8Array | undefined
  received: number
  receiver: Receiver | undefined
}

export interface RequesterDeps {
  hello: Hello
  onHello(hello: Hello): void
  onViolation(error: PeerError): void
  /** Payload that came to nothing: nobody waits for it any more, or the rest of it never came. */
  onWasted(bytes: number): void
}

export function openRequester(link: Link, deps: RequesterDeps): Requester {
  const slots = new Map<number, SlotWatcher>()
  const pending = new Map<number, Pending>()
  let nextId = 1

  link.ended.addEventListener('abort', () => {
    const lost = [...pending.values()]
    pending.clear()
    for (const { receiver, received } of lost) {
      if (receiver === undefined) continue
      deps.onWasted(received)
      receiver.failed('lost')
    }
    const watchers = [...slots.values()]
    slots.clear()
    for (const watcher of watchers) watcher.unavailable()
  })

  function take(answer: Exclude<Answer, { type: 'hello' | 'data' }>): void {
    switch (answer.type) {
      case 'available':
        return slots.get(answer.slot)?.available(answer.spans)
      case 'have':
        return slots.get(answer.slot)?.have(answer.span)
      case 'unavailable':
        return slots.get(answer.slot)?.unavailable()
      case 'fetching':
        return slots.get(answer.slot)?.fetching(answer.span, answer.began)
      case 'end':
        return end(answer.id, answer.status)
    }
  }

  function end(id: number, status: number): void {
    const request = pending.get(id)
    if (request === undefined) throw violation('the end of a request that was not made')
    const { receiver, received } = request
    if (receiver !== undefined && status === STATUS.ok && request.exact && received !== request.bytesMax) {
      throw violation('an answer that is too short')
    }
    pending.delete(id)
    if (receiver === undefined) return
    if (status !== STATUS.ok) {
      deps.onWasted(received)
      return receiver.failed(status === STATUS.busy ? 'busy' : 'absent')
    }
    receiver.done((request.buffer ?? new Uint8Array(0)).subarray(0, received))
  }

  function payload(id: number, piece: Uint8Array): void {
    const request = pending.get(id)
    if (request === undefined) throw violation('data that was not asked for')
    if (request.received + piece.length > request.bytesMax) throw violation('an answer that is too long')
    if (request.receiver === undefined) {
      deps.onWasted(piece.length)
    } else {
      request.buffer = roomFor(request, piece.length)
      request.buffer.set(piece, request.received)
      request.receiver.progress(piece.length)
    }
    request.received += piece.length
  }

  function ask(bytesMax: number, exact: boolean, receiver: Receiver, build: (id: number) => Ask): () => void {
    const id = nextId++
    const request: Pending = { exact, bytesMax, buffer: undefined, received: 0, receiver }
    if (!link.ended.aborted) link.send(encodeAsk(build(id)))
    // The send may be what ends the link; the receiver never hears of that before this returns.
    if (link.ended.aborted) queueMicrotask(() => request.receiver?.failed('lost'))
    else pending.set(id, request)
    return () => {
      const isPending = request.receiver !== undefined && pending.has(id)
      request.receiver = undefined
      if (!isPending) return
      deps.onWasted(request.received)
      request.buffer = undefined
      if (!link.ended.aborted) link.send(encodeAsk({ type: 'cancel', id }))
    }
  }

  function fetchSmall(
    bytesMax: number,
    signal: AbortSignal,
    build: (id: number) => Ask,
  ): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      // A timer that ends with the request: what a signal of its own would hold on to stays until its time is up.
      const timer = setTimeout(abort, LIMITS.smallRequestTimeoutMs)
      const cancel = ask(
        bytesMax,
        false,
        {
          progress: () => undefined,
          done: (bytes) => settle(() => resolve(bytes)),
          failed: () => settle(() => resolve(undefined)),
        },
        build,
      )
      function abort(): void {
        cancel()
        if (signal.aborted) settle(() => reject(signal.reason as Error))
        else settle(() => resolve(undefined))
      }
      function settle(then: () => void): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        then()
      }
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort)
    })
  }

  hear(link, decodeAnswer, { hello: (hello) => deps.onHello(hello), message: take, payload }, (error) =>
    deps.onViolation(error),
  )
  link.send(encodeAsk({ type: 'hello', ...deps.hello }))

  return {
    peer: link.peer,
    ended: link.ended,
    join(slot, release, watcher) {
      if (link.ended.aborted) return
      slots.set(slot, watcher)
      link.send(encodeAsk({ type: 'join', slot, release: blockDigest(release) }))
    },
    leave(slot) {
      if (slots.delete(slot) && !link.ended.aborted) link.send(encodeAsk({ type: 'leave', slot }))
    },
    requestSpan: (slot, span, mask, bytes, receiver) =>
      ask(bytes, true, receiver, (id) => ({ type: 'requestSpan', id, slot, span, mask })),
    fetchBlock: (id, maxBytes, signal) =>
      fetchSmall(maxBytes, signal, (request) => ({ type: 'requestBlock', id: request, digest: blockDigest(id) })),
    fetchMetadata: (file, bytesMax, signal) =>
      fetchSmall(bytesMax, signal, (id) => ({ type: 'requestMetadata', id, file })),
    fetchPeers: (signal) => fetchSmall(LIMITS.exchangeBytesMax, signal, (id) => ({ type: 'requestPeers', id })),
    close: (reason) => link.close(reason),
  }
}

/** The receiver's own room, or room that grows, so that a large limit costs nothing. */
function roomFor(request: Pending, more: number): Uint8Array {
  const own = request.buffer ?? request.receiver?.room?.()
  if (own === undefined) return new Uint8Array(Math.max(4096, more))
  if (request.received + more <= own.length) return own
  const grown = new Uint8Array(Math.min(request.bytesMax, Math.max(own.length * 2, request.received + more)))
  grown.set(own.subarray(0, request.received))
  return grown
}
