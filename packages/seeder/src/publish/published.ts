import {
  originPath,
  parsePackIndex,
  readManifest,
  ReleaseError,
  STATEMENT_BYTES_MAX,
  verifyStatement,
  type Manifest,
  type PackIndex,
  type ReleaseId,
  type Statement,
  type Target,
  type TrustedRoot,
} from '@shoal/release'
import { SeederError } from '../error.ts'
import { INDEX_BYTES_MAX, ORIGIN_CONCURRENCY } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'

export type ExactTarget = Target & { version: string }

/** What the origin says of a channel; `tag` is what replacing it needs. */
export async function readLatest(
  origin: Origin,
  root: TrustedRoot,
  target: ExactTarget,
): Promise<{ statement?: Statement; tag: string | undefined }> {
  const { product, channel, platform } = target
  const found = await origin.get(originPath.latest(target), STATEMENT_BYTES_MAX)
  if (found === undefined) return { tag: undefined }
  return { statement: verifyOurs(found.bytes, root, { product, channel, platform }), tag: found.tag }
}

export async function readVersion(
  origin: Origin,
  root: TrustedRoot,
  target: ExactTarget,
): Promise<Statement | undefined> {
  const found = await origin.get(originPath.statement(target), STATEMENT_BYTES_MAX)
  return found === undefined ? undefined : verifyOurs(found.bytes, root, target)
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

function verifyOurs(bytes: Uint8Array, root: TrustedRoot, target: Target): Statement {
  try {
    return verifyStatement(bytes, root, target)
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    const message = `the origin has a statement that this repository did not sign: ${error.message}`
    throw new SeederError('ORIGIN_FOREIGN', message, { cause: error })
  }
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
