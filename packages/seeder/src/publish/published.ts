import {
  originPath,
  parsePackIndex,
  readManifest,
  readReleaseTarget,
  ReleaseError,
  releaseRole,
  type ExactTarget,
  type Manifest,
  type PackIndex,
  type ReleaseId,
  type ReleaseTarget,
} from '@shoal/release'
import { SeederError } from '../error.ts'
import { INDEX_BYTES_MAX, ORIGIN_CONCURRENCY } from '../limits.ts'
import type { TargetsSigned } from '../metadata/document.ts'
import type { MetadataSet } from '../metadata/set.ts'
import type { Origin } from '../origin/origin.ts'

/** What a channel offers for a platform: the newest release, and the one of a version. */
export function findOffers(
  set: MetadataSet,
  target: ExactTarget,
): { latest: ReleaseTarget | undefined; existing: ReleaseTarget | undefined } {
  const role = set.releases.get(releaseRole(target.product, target.channel))
  const offers = listReleases(role?.signed).filter(({ platform }) => platform === target.platform)
  return { latest: offers.at(-1), existing: offers.find(({ version }) => version === target.version) }
}

/** The releases of a role, in the order of their counters. */
export function listReleases(body: TargetsSigned | undefined): ReleaseTarget[] {
  const releases = Object.entries(body?.targets ?? {}).map(([path, { length, hashes, custom }]) =>
    readReleaseTarget(path, { length, hashes, unrecognizedFields: { custom } }),
  )
  return releases.sort((a, b) => a.counter - b.counter)
}

/** The manifest of a release at the origin; undefined when a block is missing or damaged. */
export async function readPublishedManifest(origin: Origin, id: ReleaseId): Promise<Manifest | undefined> {
  const getBlock = async (block: Parameters<typeof originPath.block>[0], bytesMax: number): Promise<Uint8Array> => {
    const found = await origin.get(originPath.block(block), bytesMax)
    if (found === undefined) throw new SeederError('ORIGIN_CORRUPT', `${origin.uri} lacks the block ${block}`)
    return found.bytes
  }
  return undefinedIfDamaged(readManifest(id, getBlock, { concurrency: ORIGIN_CONCURRENCY }))
}

export async function readPublishedIndex(origin: Origin, manifest: Manifest): Promise<PackIndex | undefined> {
  const found = await origin.get(originPath.index(manifest.id), INDEX_BYTES_MAX)
  return found === undefined ? undefined : undefinedIfDamaged((async () => parsePackIndex(found.bytes, manifest))())
}

/** Old releases only save work: one that cannot be read is done without. */
async function undefinedIfDamaged<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending
  } catch (error) {
    if (error instanceof ReleaseError || (error instanceof SeederError && error.code === 'ORIGIN_CORRUPT'))
      return undefined
    throw error
  }
}
