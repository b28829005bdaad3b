/** The releases that this peer takes part in, with every neighbour, present and future. */
import type { ReleaseId } from '@shoal/release'
import type { Requester, SlotWatcher } from '../links/index.ts'
import { hasBit } from '../swarm/index.ts'
import type { Neighbour } from './neighbour.ts'

/** What a download hears of the neighbours that take part in its release. */
export interface ReleaseWatcher {
  available(neighbour: Neighbour, spans: Uint8Array): void
  have(neighbour: Neighbour, span: number): void
  fetching(neighbour: Neighbour, span: number, began: boolean): void
  left(neighbour: Neighbour): void
}

export interface Following {
  /** Whether anything is wanted at all. */
  readonly isActive: boolean
  /** Joins every release on a stream that has just been greeted. */
  joinAll(neighbour: Neighbour): void
  /** The same on a lane, before anything is asked on it. */
  joinAllOn(lane: Requester, neighbour: Neighbour): void
  follow(release: ReleaseId, watcher: ReleaseWatcher): { slot: number; leave(): void }
}

export function createFollowing(neighbours: ReadonlyMap<string, Neighbour>): Following {
  const followed = new Map<number, { release: ReleaseId; watcher: ReleaseWatcher }>()
  let nextSlot = 1
  /** Streams whose hello was answered; that the neighbour said hello on a stream of its own says nothing of this one. */
  const greeted = new WeakSet<Requester>()

  /** Lanes, and the slots of which the neighbour has told on them. */
  const told = new WeakMap<Requester, Set<number>>()

  /** A slot means the same on every link. The neighbour tells of it on one of them, whichever that is at the moment. */
  function join(neighbour: Neighbour, slot: number, release: ReleaseId, watcher: ReleaseWatcher): void {
    const stream = watch(neighbour, watcher)
    const isToldOnLane = (): boolean => neighbour.lane !== undefined && told.get(neighbour.lane)?.has(slot) === true
    neighbour.requester?.join(slot, release, {
      ...stream,
      available(spans) {
        if (!isToldOnLane()) return stream.available(spans)
        // From before the lane told, or from after its end, which is not noticed yet: it adds to what is known.
        for (let span = 0; span < spans.length * 8; span++) if (hasBit(spans, span)) stream.have(span)
      },
      unavailable() {
        if (!isToldOnLane()) stream.unavailable()
      },
    })
  }

  function joinOn(lane: Requester, neighbour: Neighbour, slot: number, release: ReleaseId, to: ReleaseWatcher): void {
    const watcher = watch(neighbour, to)
    const slots = told.get(lane) ?? new Set()
    told.set(lane, slots)
    lane.join(slot, release, {
      ...watcher,
      available(spans) {
        slots.add(slot)
        watcher.available(spans)
      },
      unavailable() {
        slots.delete(slot)
        // When the lane ends, the neighbour goes on on the stream.
        if (!lane.ended.aborted) watcher.unavailable()
      },
    })
  }

  return {
    get isActive() {
      return followed.size > 0
    },
    joinAll(neighbour) {
      if (neighbour.requester !== undefined) greeted.add(neighbour.requester)
      for (const [slot, { release, watcher }] of followed) join(neighbour, slot, release, watcher)
    },
    joinAllOn(lane, neighbour) {
      for (const [slot, { release, watcher }] of followed) joinOn(lane, neighbour, slot, release, watcher)
    },
    follow(release, watcher) {
      const slot = nextSlot++
      followed.set(slot, { release, watcher })
      for (const neighbour of neighbours.values()) {
        const { requester, lane } = neighbour
        if (requester !== undefined && greeted.has(requester)) join(neighbour, slot, release, watcher)
        if (lane !== undefined) joinOn(lane, neighbour, slot, release, watcher)
      }
      return {
        slot,
        leave() {
          followed.delete(slot)
          for (const { requester, lane } of neighbours.values()) {
            requester?.leave(slot)
            lane?.leave(slot)
          }
        },
      }
    },
  }
}

function watch(neighbour: Neighbour, watcher: ReleaseWatcher): SlotWatcher {
  return {
    available: (spans) => watcher.available(neighbour, spans),
    have: (span) => watcher.have(neighbour, span),
    fetching: (span, began) => watcher.fetching(neighbour, span, began),
    unavailable: () => watcher.left(neighbour),
  }
}
