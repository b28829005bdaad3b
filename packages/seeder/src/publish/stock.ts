import type { Manifest, ReleaseId } from '@shoal/release'
import type { PublishContext } from './context.ts'
import { openJournal, type Journal } from './journal.ts'
import { createPlaces, type Places } from './places.ts'
import { readPublishedManifest } from './published.ts'
import { createPackCheck, reuseRelease } from './reuse.ts'
import { placePack } from './upload-packs.ts'

/** What of a release the origin has already. */
export interface Stock {
  places: Places
  journal: Journal
  /** In none of the predecessors. */
  newChunks: number
  newBytes: number
  reusedShare: number
}

export async function takeStock(
  manifest: Manifest,
  predecessors: readonly ReleaseId[],
  { origin, repository }: Pick<PublishContext, 'origin' | 'repository'>,
): Promise<Stock> {
  const places = createPlaces(manifest.chunks)
  const hasPack = createPackCheck(origin)
  for (const id of predecessors) {
    if (places.missing === 0) break
    const earlier = id === manifest.id ? manifest : await readPublishedManifest(origin, id)
    if (earlier !== undefined) await reuseRelease(origin, earlier, manifest, places, hasPack)
  }
  const { missing: newChunks, missingBytes: newBytes } = places

  const journal = await openJournal(repository.folder, manifest.id, origin.uri)
  for (const pack of await journal.read()) {
    const fits = pack.chunks.every((chunk) => chunk < manifest.chunks.count)
    if (fits && (await hasPack(pack))) placePack(places, pack)
  }
  const reusedShare = manifest.chunks.bytes === 0 ? 1 : 1 - newBytes / manifest.chunks.bytes
  return { places, journal, newChunks, newBytes, reusedShare }
}
