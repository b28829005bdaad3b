import { metadataFile, originPath } from '@shoal/release'
import { SeederError } from '../error.ts'
import { COMMIT_ATTEMPTS } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import type { Repository } from '../repository/open.ts'
import { removePending, savePending } from '../repository/stored.ts'
import type { Change } from './draft.ts'
import { readOffered, type Offered } from './offered.ts'
import { mergeMetadata, MetadataSet, type Merged } from './set.ts'
import { settle, type Settled } from './settle.ts'

export interface Committed extends Settled {
  /** Bytes written to the origin. */
  uploadedBytes: number
}

/**
 * Changes the metadata of a fleet: reads what is there, signs what changes, puts the versioned files, then snapshot, then root, and
 * the timestamp last. What was cut short is seen by nobody, and the next commit completes it. If another publisher was faster, all
 * is read and edited again.
 * @param origin undefined to make offline roles alone; they go to an origin with the next commit
 * @param edit what to change; pure, for it may be asked again
 * @param distrusted a role of which only what this repository published itself counts
 */
export async function commit(
  repository: Repository,
  origin: Origin | undefined,
  edit: (now: MetadataSet) => Change,
  now: Date,
  distrusted?: string,
): Promise<Committed> {
  let uploadedBytes = 0
  for (let attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
    const { offered, merged } = await readCurrent(repository, origin, distrusted)
    const settled = await settle(merged, edit(merged.set), { repository, origin, offered: offered.set, now })
    uploadedBytes += settled.uploadedBytes
    const { pending, set } = settled
    const isRevealed = origin !== undefined && pending === undefined
    const revealed = isRevealed ? await reveal(origin, settled, offered) : 0
    if (revealed === 'changed') continue
    if (pending !== undefined) await savePending(repository.folder, pending.role, pending.document)
    await repository.save(set)
    for (const { role } of settled.signed) await removePending(repository.folder, role)
    return { ...settled, uploadedBytes: uploadedBytes + revealed }
  }
  throw new SeederError(
    'ORIGIN_BUSY',
    `other publishers keep changing the metadata at ${origin?.uri ?? repository.folder}`,
  )
}

/** The newest metadata there is, here and at the origin. */
export async function readCurrent(
  repository: Pick<Repository, 'metadata'>,
  origin: Origin | undefined,
  distrusted?: string,
): Promise<{ offered: Offered; merged: Merged }> {
  const { metadata } = repository
  const offered =
    origin === undefined
      ? { set: new MetadataSet({ roots: metadata.roots }), rootsThere: 0, timestampTag: undefined }
      : await readOffered(origin, metadata.roots)
  return { offered, merged: mergeMetadata(metadata, offered.set, distrusted) }
}

/** Roots before the timestamp: with replaced online keys, the time in which the two do not agree is as short as can be. */
async function reveal(origin: Origin, { set, signed }: Settled, offered: Offered): Promise<number | 'changed'> {
  let uploadedBytes = 0
  for (const root of set.roots.slice(offered.rootsThere)) {
    const path = originPath.metadata(metadataFile('root', root.signed.version))
    if ((await origin.put(path, root.bytes)) === 'exists') return 'changed'
    uploadedBytes += root.bytes.length
  }
  const { timestamp } = set
  if (timestamp === undefined || !signed.some(({ role }) => role === 'timestamp')) return uploadedBytes
  const path = originPath.metadata(metadataFile('timestamp'))
  if ((await origin.replace(path, timestamp.bytes, offered.timestampTag)) === 'changed') return 'changed'
  return uploadedBytes + timestamp.bytes.length
}
