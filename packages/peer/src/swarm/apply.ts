/** How events change the state. No decision is made here; `planRequests` makes them all. */
import { hasBit, setBit } from './bitmap.ts'
import { claim } from './claims.ts'
import { ORIGIN, type Source, type SwarmEvent } from './events.ts'
import { recordBytes } from './pace.ts'
import { createNeighbour, HELD, MISSING, REQUESTED, type Neighbour, type Request, type SwarmState } from './state.ts'

/** A neighbour that delivers this many spans that do not verify is banned; a far one that never delivered any other at once. */
const STRIKES_MAX = 2
/** One that has no room for this peer is not asked again for so long. */
const BUSY_MS = 5_000
const ORIGIN_PAUSE_MS = 500
const ORIGIN_PAUSE_MAX_MS = 30_000

export function applyEvent(state: SwarmState, event: SwarmEvent): void {
  switch (event.type) {
    case 'joined':
      return join(state, event)
    case 'left':
      return leave(state, event.peer)
    case 'have': {
      const neighbour = state.neighbours.get(event.peer)
      if (neighbour === undefined) return
      neighbour.progressMs = event.nowMs
      return gain(state, neighbour, event.span)
    }
    case 'fetching':
      return fetching(state, event)
    case 'progress':
      return progress(state, event.from, event.span, event.bytes, event.nowMs)
    case 'done':
      return finish(state, event.from, event.span, event.nowMs)
    case 'failed':
      return fail(state, event)
    case 'limited':
      Object.assign(state.inFlightMax, {
        lan: event.lanBytesMax,
        wan: event.wanBytesMax,
        origin: event.originBytesMax,
      })
  }
}

function join(state: SwarmState, event: SwarmEvent & { type: 'joined' }): void {
  if (event.peer === state.self.id || state.banned.has(event.peer)) return
  const known = state.neighbours.get(event.peer)
  if (known !== undefined) withdraw(state, known)
  const neighbour = createNeighbour(event.peer, event.local, state.spanCount, event.nowMs)
  if (known !== undefined) {
    const { inFlightBytes, pace, proven, strikes, snubbedUntilMs, fetching } = known
    Object.assign(neighbour, { inFlightBytes, pace, proven, strikes, snubbedUntilMs, fetching })
  }
  state.neighbours.set(event.peer, neighbour)
  for (const sources of state.failedBy.values()) sources.delete(event.peer)
  for (let span = 0; span < state.spanCount; span++) if (hasBit(event.spans, span)) gain(state, neighbour, span)
}

function leave(state: SwarmState, peer: string): void {
  const neighbour = state.neighbours.get(peer)
  if (neighbour === undefined) return
  withdraw(state, neighbour)
  state.neighbours.delete(peer)
  for (const requests of [...state.requests.values()])
    for (const request of requests) if (request.from === peer) dropRequest(state, request)
}

function gain(state: SwarmState, neighbour: Neighbour, span: number): void {
  if (span >= state.spanCount || hasBit(neighbour.has, span)) return
  setBit(neighbour.has, span)
  neighbour.fetching.delete(span)
  neighbour.hasCount++
  if (neighbour.local) state.localCopies[span] = (state.localCopies[span] ?? 0) + 1
  if (state.status[span] === MISSING) neighbour.offers++
}

function fetching(state: SwarmState, { peer, span, began, nowMs }: SwarmEvent & { type: 'fetching' }): void {
  const neighbour = state.neighbours.get(peer)
  if (neighbour !== undefined && span < state.spanCount) claim(neighbour, span, began, nowMs)
}

function withdraw(state: SwarmState, neighbour: Neighbour): void {
  if (!neighbour.local) return
  for (let span = 0; span < state.spanCount; span++)
    if (hasBit(neighbour.has, span)) state.localCopies[span] = (state.localCopies[span] ?? 1) - 1
}

function progress(state: SwarmState, from: Source, span: number, bytes: number, nowMs: number): void {
  const pace = from === ORIGIN ? state.originPace : state.neighbours.get(from)?.pace
  if (pace !== undefined) recordBytes(pace, bytes, nowMs)
  if (from !== ORIGIN) recordBytes(state.neighboursPace, bytes, nowMs)
  recordBytes(state.totalPace, bytes, nowMs)
  const request = state.requests.get(span)?.find((each) => each.from === from)
  if (request === undefined) return
  request.receivedBytes += bytes
  request.progressMs = nowMs
}

function finish(state: SwarmState, from: Source, span: number, nowMs: number): void {
  if (from === ORIGIN) state.originFailures = 0
  const neighbour = state.neighbours.get(from)
  if (neighbour !== undefined) neighbour.proven = true
  const request = state.requests.get(span)?.find((each) => each.from === from)
  if (request !== undefined) {
    if (from === ORIGIN) state.originSpanMs = nowMs - request.startedMs
    progress(state, from, span, Math.max(0, request.bytes - request.receivedBytes), nowMs)
    dropRequest(state, request, HELD)
  } else {
    // Its request was given up meanwhile; whoever is asked now is too late, and the planner cancels that.
    if (state.status[span] === MISSING) takeFromMissing(state, span)
    state.status[span] = HELD
  }
  state.failedBy.delete(span)
}

function fail(state: SwarmState, { from, span, cause, nowMs }: SwarmEvent & { type: 'failed' }): void {
  if (from === ORIGIN) snubOrigin(state, nowMs)
  const request = state.requests.get(span)?.find((each) => each.from === from)
  if (request !== undefined) dropRequest(state, request)
  if (cause === 'lost') return
  if (cause === 'busy') {
    const busy = state.neighbours.get(from)
    if (busy !== undefined) busy.snubbedUntilMs = nowMs + BUSY_MS
    return
  }
  const sources = state.failedBy.get(span) ?? new Set()
  state.failedBy.set(span, sources.add(from))
  const neighbour = state.neighbours.get(from)
  if (neighbour === undefined || cause !== 'corrupt') return
  neighbour.strikes++
  if (neighbour.strikes < STRIKES_MAX && (neighbour.local || neighbour.proven)) return
  state.banned.add(from)
  state.bansToReport.push(from)
  leave(state, from)
}

/** The origin's client has retried already: each further failure doubles the pause. */
function snubOrigin(state: SwarmState, nowMs: number): void {
  if (nowMs < state.originSnubbedUntilMs) return
  state.originFailures++
  state.originSnubbedUntilMs = nowMs + Math.min(ORIGIN_PAUSE_MAX_MS, ORIGIN_PAUSE_MS * 2 ** (state.originFailures - 1))
}

/** Takes note of a request that the planner decided on. */
export function addRequest(state: SwarmState, request: Request): void {
  if (state.status[request.span] === MISSING) takeFromMissing(state, request.span)
  state.status[request.span] = REQUESTED
  const others = state.requests.get(request.span)
  if (others === undefined) state.requests.set(request.span, [request])
  else others.push(request)
  count(state, request, request.bytes)
}

/** Forgets a request; a span that nobody else is asked for is missing again, unless it is `HELD` now. */
export function dropRequest(state: SwarmState, request: Request, status: typeof MISSING | typeof HELD = MISSING): void {
  const rest = (state.requests.get(request.span) ?? []).filter((each) => each !== request)
  count(state, request, -request.bytes)
  if (status === HELD) state.status[request.span] = HELD
  if (rest.length > 0) {
    state.requests.set(request.span, rest)
    return
  }
  state.requests.delete(request.span)
  if (state.status[request.span] === REQUESTED) putToMissing(state, request.span)
}

function count(state: SwarmState, request: Request, bytes: number): void {
  state.inFlightBytes += bytes
  const neighbour = state.neighbours.get(request.from)
  if (neighbour !== undefined) neighbour.inFlightBytes += bytes
}

function takeFromMissing(state: SwarmState, span: number): void {
  const at = state.missingAt[span] ?? -1
  const last = state.missing.pop()
  if (at === -1 || last === undefined) throw new Error(`span ${span} is not missing`)
  if (last !== span) {
    state.missing[at] = last
    state.missingAt[last] = at
  }
  state.missingAt[span] = -1
  for (const neighbour of state.neighbours.values()) if (hasBit(neighbour.has, span)) neighbour.offers--
}

function putToMissing(state: SwarmState, span: number): void {
  state.status[span] = MISSING
  state.firstMissing = Math.min(state.firstMissing, span)
  state.missingAt[span] = state.missing.length
  state.missing.push(span)
  for (const neighbour of state.neighbours.values()) if (hasBit(neighbour.has, span)) neighbour.offers++
}
