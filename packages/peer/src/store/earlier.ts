import type { Manifest } from '@shoal/release'
import { placesOf, type Places } from './places.ts'
import { Stamps } from './stamps.ts'

/** An installed release from which a new one can take files and chunks. */
export interface Earlier {
  readonly root: string
  readonly manifest: Manifest
  readonly places: Places
  readonly stamps: Stamps
}

export function earlierOf(root: string, manifest: Manifest, stamps: Stamps | undefined): Earlier {
  const places = placesOf(manifest)
  const fits = stamps?.files === places.files.length
  return { root, manifest, places, stamps: fits ? stamps : new Stamps(places.files.length) }
}
