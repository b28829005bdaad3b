/** What this peer has to give, and who wants to hear of it: holdings of releases, manifest blocks, metadata. */
import type { BlockId, ReleaseId } from '@shoal/release'
import type { Holding } from '../store/index.ts'

export interface Watcher {
  available(holding: Holding): void
  /** @param fromBeyond whether it came from the origin or another site */
  gained(span: number, fromBeyond: boolean): void
  fetching(span: number, began: boolean): void
  unavailable(): void
}

/** Where blocks are kept; a store is one. */
export interface Shelf {
  getBlock(id: BlockId): Promise<Uint8Array | undefined>
}

export interface Offer {
  addShelf(shelf: Shelf): void
  removeShelf(shelf: Shelf): void
  /** Starts to offer a release, or replaces its staging by what was installed of it. */
  add(holding: Holding): void
  gained(id: ReleaseId, span: number): void
  /** Tells, now and whoever comes later, what is on its way here from beyond the site. */
  fetching(id: ReleaseId, span: number, began: boolean): void
  remove(id: ReleaseId): void
  holding(id: ReleaseId): Holding | undefined
  releases(): ReleaseId[]
  /** The watcher hears at once of what is held. Returns how to stop watching. */
  watch(id: ReleaseId, watcher: Watcher): () => void
  block(id: BlockId): Promise<Uint8Array | undefined>
  /** A file of verified metadata. */
  metadata(file: string): Uint8Array | undefined
}

export function createOffer(metadata: (file: string) => Uint8Array | undefined): Offer {
  const shelves = new Set<Shelf>()
  const holdings = new Map<ReleaseId, Holding>()
  const watchers = new Map<ReleaseId, Set<Watcher>>()
  const fetched = new Map<ReleaseId, Set<number>>()

  async function first<T>(look: (shelf: Shelf) => Promise<T | undefined>): Promise<T | undefined> {
    for (const shelf of shelves) {
      const found = await look(shelf)
      if (found !== undefined) return found
    }
    return undefined
  }

  return {
    addShelf: (shelf) => void shelves.add(shelf),
    removeShelf: (shelf) => void shelves.delete(shelf),
    add(holding) {
      holdings.set(holding.manifest.id, holding)
      for (const watcher of watchers.get(holding.manifest.id) ?? []) watcher.available(holding)
    },
    gained(id, span) {
      const fromBeyond = fetched.get(id)?.delete(span) === true
      for (const watcher of watchers.get(id) ?? []) watcher.gained(span, fromBeyond)
    },
    fetching(id, span, began) {
      const spans = fetched.get(id) ?? new Set()
      if (began) fetched.set(id, spans.add(span))
      else if (!spans.delete(span)) return
      for (const watcher of watchers.get(id) ?? []) watcher.fetching(span, began)
    },
    remove(id) {
      fetched.delete(id)
      if (!holdings.delete(id)) return
      for (const watcher of watchers.get(id) ?? []) watcher.unavailable()
    },
    holding: (id) => holdings.get(id),
    releases: () => [...holdings.keys()],
    watch(id, watcher) {
      const set = watchers.get(id) ?? new Set()
      watchers.set(id, set.add(watcher))
      const holding = holdings.get(id)
      if (holding !== undefined) watcher.available(holding)
      for (const span of fetched.get(id) ?? []) watcher.fetching(span, true)
      return () => {
        set.delete(watcher)
        if (set.size === 0 && watchers.get(id) === set) watchers.delete(id)
      }
    },
    block: (id) => first((shelf) => shelf.getBlock(id)),
    metadata,
  }
}
