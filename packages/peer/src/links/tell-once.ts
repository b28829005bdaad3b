/**
 * What one peer is told of releases, it is told once: on its lane while it takes part in the release there, on its streams
 * otherwise. A word on a lane costs a fraction of one on a stream, and in a crowd there are more words than spans.
 *
 * A peer of another site hears of a span once from the whole site: of whoever brought it there. What is under way is none of
 * its business. All that goes over an uplink for nothing, for many peers, is as much as a copy of something.
 */
import type { ReleaseId } from '@shoal/release'
import type { Offer, Watcher } from './offer.ts'

export interface TellOnce {
  readonly onStream: Offer['watch']
  readonly onLane: Offer['watch']
}

interface Told {
  readonly lanes: Set<Watcher>
  /** Watchers on streams, and how each is ended; those that wait for the lanes to end have nothing to end. */
  readonly streams: Map<Watcher, (() => void) | undefined>
}

/**
 * When the last lane ends, the streams hear at once of all that is held: what the lane lost on its way is in it.
 * @param isNear whether the peer is of this site
 */
export function tellOnce(offer: Pick<Offer, 'watch'>, isNear: () => boolean): TellOnce {
  const releases = new Map<ReleaseId, Told>()

  function worthTelling(watcher: Watcher): Watcher {
    return {
      available: (holding) => watcher.available(holding),
      unavailable: () => watcher.unavailable(),
      gained(span, fromBeyond) {
        if (fromBeyond || isNear()) watcher.gained(span, fromBeyond)
      },
      fetching(span, began) {
        if (isNear()) watcher.fetching(span, began)
      },
    }
  }

  function toldOf(id: ReleaseId): Told {
    const told = releases.get(id) ?? { lanes: new Set(), streams: new Map() }
    releases.set(id, told)
    return told
  }

  function forget(id: ReleaseId, { lanes, streams }: Told): void {
    if (lanes.size + streams.size === 0) releases.delete(id)
  }

  return {
    onStream(id, listener) {
      const watcher = worthTelling(listener)
      const told = toldOf(id)
      told.streams.set(watcher, told.lanes.size > 0 ? undefined : offer.watch(id, watcher))
      return () => {
        told.streams.get(watcher)?.()
        told.streams.delete(watcher)
        forget(id, told)
      }
    },
    onLane(id, listener) {
      const watcher = worthTelling(listener)
      const told = toldOf(id)
      for (const [each, unwatch] of told.streams) {
        unwatch?.()
        told.streams.set(each, undefined)
      }
      told.lanes.add(watcher)
      const unwatch = offer.watch(id, watcher)
      return () => {
        unwatch()
        told.lanes.delete(watcher)
        if (told.lanes.size === 0) for (const each of told.streams.keys()) told.streams.set(each, offer.watch(id, each))
        forget(id, told)
      }
    },
  }
}
