/** The neighbours that take part in one release, remembered from before its manifest is known. */
import { parseReleaseId, type ReleaseId } from '@shoal/release'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import { pause } from '../pause.ts'
import { FETCHING_MAX, setBit } from '../swarm/index.ts'

export interface ParticipantsListener {
  joined(neighbour: Neighbour, spans: Uint8Array): void
  have(neighbour: Neighbour, span: number): void
  fetching(neighbour: Neighbour, span: number, began: boolean): void
  left(neighbour: Neighbour): void
}

export interface Participants {
  readonly slot: number
  /** Every one of them has the whole manifest: nobody offers spans without it. */
  list(): Neighbour[]
  /** Resolves when another comes, after the time, or when the signal aborts. */
  arrival(ms: number, signal: AbortSignal): Promise<void>
  /** Tells of everyone there is, then of every change. */
  listen(listener: ParticipantsListener): void
  leave(): void
}

export function followParticipants(neighbours: Pick<Neighbours, 'follow'>, release: ReleaseId): Participants {
  const spansOf = new Map<Neighbour, Uint8Array>()
  const fetchedBy = new Map<Neighbour, Set<number>>()
  const awaiting = new Set<() => void>()
  let listener: ParticipantsListener | undefined
  const following = neighbours.follow(parseReleaseId(release), {
    available(neighbour, spans) {
      const isNew = !spansOf.has(neighbour)
      spansOf.set(neighbour, spans)
      listener?.joined(neighbour, spans)
      if (isNew) for (const wake of awaiting) wake()
    },
    have(neighbour, span) {
      const spans = spansOf.get(neighbour)
      if (spans !== undefined && span < spans.length * 8) setBit(spans, span)
      fetchedBy.get(neighbour)?.delete(span)
      listener?.have(neighbour, span)
    },
    fetching(neighbour, span, began) {
      const spans = fetchedBy.get(neighbour) ?? new Set()
      fetchedBy.set(neighbour, spans)
      if (!began) spans.delete(span)
      else if (spans.size < FETCHING_MAX) spans.add(span)
      listener?.fetching(neighbour, span, began)
    },
    left(neighbour) {
      fetchedBy.delete(neighbour)
      if (spansOf.delete(neighbour)) listener?.left(neighbour)
    },
  })
  return {
    slot: following.slot,
    list: () => [...spansOf.keys()],
    async arrival(ms, signal) {
      const arrived = new AbortController()
      const wake = (): void => arrived.abort()
      awaiting.add(wake)
      await pause(ms, AbortSignal.any([signal, arrived.signal]))
      awaiting.delete(wake)
    },
    listen(next) {
      listener = next
      for (const [neighbour, spans] of spansOf) {
        next.joined(neighbour, spans)
        for (const span of fetchedBy.get(neighbour) ?? []) next.fetching(neighbour, span, true)
      }
    },
    leave: () => following.leave(),
  }
}
