import { originPath, type Manifest, type PackIndex } from '@shoal/release'
import type { Origin } from '../origin/origin.ts'
import type { Places } from './places.ts'
import { readPublishedIndex } from './published.ts'

/** Tells of a pack whether the origin still has it, whole; asks once each. */
export type HasPack = (pack: { sha256: string; length: number }) => Promise<boolean>

export function createPackCheck(origin: Origin): HasPack {
  const answers = new Map<string, Promise<boolean>>()
  const ask = async (pack: { sha256: string; length: number }): Promise<boolean> =>
    (await origin.stat(originPath.pack(pack.sha256)))?.sizeBytes === pack.length
  return (pack) => {
    const answer = answers.get(pack.sha256) ?? ask(pack)
    answers.set(pack.sha256, answer)
    return answer
  }
}

/** Finds the places of chunks that an earlier release brought to the origin. */
export async function reuseRelease(
  origin: Origin,
  earlier: Manifest,
  manifest: Manifest,
  places: Places,
  hasPack: HasPack,
): Promise<void> {
  const index = await readPublishedIndex(origin, earlier)
  if (index === undefined) return
  const isThere = await Promise.all(index.packs.map(hasPack))
  for (let chunk = 0; chunk < earlier.chunks.count; chunk++) {
    const mine = earlier === manifest ? chunk : manifest.chunks.find(earlier.chunks.digest(chunk))
    if (mine === undefined || places.has(mine)) continue
    place(places, mine, index, chunk, isThere)
  }
}

function place(places: Places, mine: number, index: PackIndex, chunk: number, isThere: readonly boolean[]): void {
  const number = index.pack[chunk] ?? 0
  const pack = index.packs[number]
  if (pack === undefined || isThere[number] !== true) return
  places.set(mine, pack, index.offset[chunk] ?? 0, index.length[chunk] ?? 0)
}
