/** The neighbours that take part in one release, remembered from before its manifest is known. */
import { parseReleaseId, type ReleaseId } from '@shoal/release'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import { setBit } from '../swarm/index.ts'

export interface ParticipantsListener {
  joined(neighbour: Neighbour, spans: Uint8Array): void
  have(neighbour: Neighbour, span: number): void
  left(neighbour: Neighbour): void
}

export interface Participants {
  readonly slot: number
  /** Every one of them has the whole manifest: nobody offers spans without it. */
  list(): Neighbour[]
  /** Tells of everyone there is, then of every change. */
  listen(listener: ParticipantsListener): void
  leave(): void
}

export function followParticipants(neighbours: Neighbours, release: ReleaseId): Participants {
  const spansOf = new Map<Neighbour, Uint8Array>()
  let listener: ParticipantsListener | undefined
  const following = neighbours.follow(parseReleaseId(release), {
    available(neighbour, spans) {
      spansOf.set(neighbour, spans)
      listener?.joined(neighbour, spans)
    },
    have(neighbour, span) {
      const spans = spansOf.get(neighbour)
      if (spans !== undefined && span < spans.length * 8) setBit(spans, span)
      listener?.have(neighbour, span)
    },
    left(neighbour) {
      if (spansOf.delete(neighbour)) listener?.left(neighbour)
    },
  })
  return {
    slot: following.slot,
    list: () => [...spansOf.keys()],
    listen(next) {
      listener = next
      for (const [neighbour, spans] of spansOf) next.joined(neighbour, spans)
    },
    leave: () => following.leave(),
  }
}
