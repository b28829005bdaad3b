/** The releases that this peer takes part in, with every neighbour, present and future. */
import type { ReleaseId } from '@shoal/release'
import type { Requester, SlotWatcher } from '../links/index.ts'
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
  joinAllOn(lane: Requester): void
  follow(release: ReleaseId, watcher: ReleaseWatcher): { slot: number; leave(): void }
}

/** A slot means the same on every link; what is available is heard on the stream, so that the loss of a lane changes nothing. */
const HEARD_ON_THE_STREAM: SlotWatcher = {
  available: () => undefined,
  have: () => undefined,
  fetching: () => undefined,
  unavailable: () => undefined,
}

export function createFollowing(neighbours: ReadonlyMap<string, Neighbour>): Following {
  const followed = new Map<number, { release: ReleaseId; watcher: ReleaseWatcher }>()
  let nextSlot = 1

  function join(neighbour: Neighbour, slot: number, release: ReleaseId, watcher: ReleaseWatcher): void {
    neighbour.requester?.join(slot, release, {
      available: (spans) => watcher.available(neighbour, spans),
      have: (span) => watcher.have(neighbour, span),
      fetching: (span, began) => watcher.fetching(neighbour, span, began),
      unavailable: () => watcher.left(neighbour),
    })
  }

  return {
    get isActive() {
      return followed.size > 0
    },
    joinAll(neighbour) {
      for (const [slot, { release, watcher }] of followed) join(neighbour, slot, release, watcher)
    },
    joinAllOn(lane) {
      for (const [slot, { release }] of followed) lane.join(slot, release, HEARD_ON_THE_STREAM)
    },
    follow(release, watcher) {
      const slot = nextSlot++
      followed.set(slot, { release, watcher })
      for (const neighbour of neighbours.values()) {
        if (neighbour.hello !== undefined) join(neighbour, slot, release, watcher)
        neighbour.lane?.join(slot, release, HEARD_ON_THE_STREAM)
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
