/**
 * The client workflow of the specification (5.3 to 5.6) over several sources at once: one that is stale, broken or hostile neither
 * fails the refresh nor holds it back, as long as another is honest.
 */
import { ROOT_ROTATIONS_MAX, TIMESTAMPS_TRIED_MAX } from '../limits.ts'
import { ReleaseError } from '../error.ts'
import { checkMetadata, METADATA_BYTES_MAX } from './metadata.ts'
import { metadataFile } from './names.ts'
import { TrustedSet, type MetadataCaps, type MetadataFiles } from './trusted-set.ts'
import { loadRole } from './walk.ts'

export interface MetadataSources {
  /**
   * Every answer that somebody has for a file of which the right version is not known: `N.root.json` and `timestamp.json`. The first
   * is looked into in any case, of the others only the highest versions.
   */
  gather(file: string, bytesMax: number): Promise<Uint8Array[]>
  /**
   * Offers answers for a file of known version until `accept` does not throw. Throws when nobody has one that is accepted.
   */
  fetch(file: string, bytesMax: number, accept: (bytes: Uint8Array) => void): Promise<void>
}

export interface RefreshOptions {
  /** Stands still for the whole refresh. */
  now: Date
  caps?: MetadataCaps
  /** An answer that was refused, or that nobody had what another promised. Throw in it to end the refresh. */
  onProblem?(error: unknown): void
  /** A file that has just been verified, as it was fetched. */
  onVerified?(role: string, bytes: Uint8Array): void
}

export interface Refreshed {
  set: TrustedSet
  sources: MetadataSources
  options: RefreshOptions
  /** What was kept from before, for roles that are loaded later. */
  stored: MetadataFiles
  /** Somebody vouched just now that there is nothing newer; false when only what was stored speaks. */
  confirmed: boolean
}

/**
 * Brings metadata up to date: roots, timestamp, snapshot and the top-level targets. The set is complete, or this throws.
 * @param stored what an earlier refresh left; at least the root that is trusted from the start
 * @throws ReleaseError METADATA_EXPIRED when the best that is to be had is out of date, METADATA_UNTRUSTED or METADATA_INVALID
 *   when there is nothing that verifies
 */
export async function refreshMetadata(
  stored: MetadataFiles,
  sources: MetadataSources,
  options: RefreshOptions,
): Promise<Refreshed> {
  const problems: unknown[] = []
  const onProblem = (error: unknown): void => {
    problems.push(error)
    options.onProblem?.(error)
  }
  const step: Step = { stored, sources, options: { ...options, onProblem } }
  const roots = trustRoots(stored.roots, options.now, options.caps)
  await updateRoots(roots, step)
  const before = recall(roots, stored)
  const { candidates, confirmed } = await gatherTimestamps(roots, before, step)
  for (const timestamp of candidates) {
    const set = recall(roots, stored)
    try {
      set.updateTimestamp(timestamp)
      options.onVerified?.('timestamp', timestamp)
      await complete(set, step)
      return { set, sources, options: step.options, stored, confirmed: true }
    } catch (error) {
      onProblem(error)
    }
  }
  try {
    before.refuseExpiredTimestamp()
    await complete(before, step)
    return { set: before, sources, options: step.options, stored, confirmed }
  } catch (error) {
    throw worst([...problems, error])
  }
}

interface Step {
  stored: MetadataFiles
  sources: MetadataSources
  options: RefreshOptions & { onProblem(error: unknown): void }
}

/** The chain of roots that was kept, as far as each vouches for the next; what is missing is fetched again. */
export function trustRoots([first, ...others]: readonly Uint8Array[], now: Date, caps?: MetadataCaps): TrustedSet {
  if (first === undefined) throw new TypeError('there is no root to trust')
  const set = new TrustedSet(first, now, caps)
  for (const root of others) {
    try {
      set.updateRoot(root)
    } catch {
      break
    }
  }
  return set
}

/** 5.3: every newer root, one after the other. That a source knows of none is no proof that there is none. */
async function updateRoots(set: TrustedSet, { sources, options }: Step): Promise<void> {
  const bytesMax = (options.caps ?? METADATA_BYTES_MAX).root
  for (let rotation = 0; rotation < ROOT_ROTATIONS_MAX; rotation++) {
    const answers = await sources.gather(metadataFile('root', set.root.signed.version + 1), bytesMax)
    if (!distinct(answers).some((bytes) => takesRoot(set, bytes, options))) return
  }
}

function takesRoot(set: TrustedSet, bytes: Uint8Array, options: Step['options']): boolean {
  try {
    set.updateRoot(bytes)
  } catch (error) {
    options.onProblem(error)
    return false
  }
  options.onVerified?.('root', bytes)
  return true
}

/** What was kept counts as far as it still verifies; after its key was replaced it counts for nothing, which ends a fast-forward. */
function recall(roots: TrustedSet, { roles }: MetadataFiles): TrustedSet {
  const set = roots.withRootsOnly()
  const timestamp = roles.get('timestamp')
  if (timestamp !== undefined) ignoring(() => set.updateTimestamp(timestamp))
  return set
}

/**
 * Timestamps that verify and are newer than what was kept, the highest version first. Who has the key could sign more than are tried
 * that lead nowhere; so the first answer, which is the origin's, is among them.
 */
async function gatherTimestamps(
  roots: TrustedSet,
  before: TrustedSet,
  { sources, options }: Step,
): Promise<{ candidates: Uint8Array[]; confirmed: boolean }> {
  const bytesMax = (options.caps ?? METADATA_BYTES_MAX).timestamp
  const known = before.timestamp?.signed.version ?? 0
  const versions = new Map<number, Uint8Array>()
  let confirmed = false
  for (const bytes of distinct(await sources.gather('timestamp.json', bytesMax))) {
    try {
      const version = versionOf(roots, before, bytes)
      if (version === known) confirmed = true
      else if (!versions.has(version)) versions.set(version, bytes)
    } catch (error) {
      options.onProblem(error)
    }
  }
  const [first] = versions.values()
  const newest = [...versions].sort(([a], [b]) => b - a).map(([, bytes]) => bytes)
  const candidates = newest.slice(0, TIMESTAMPS_TRIED_MAX)
  if (first !== undefined && !candidates.includes(first)) candidates.push(first)
  return { candidates, confirmed }
}

/** Who all say the same are believed or refused together: to check a signature costs more than all else of a refresh. */
function distinct(answers: readonly Uint8Array[]): Uint8Array[] {
  return answers.filter((bytes, at) => answers.findIndex((other) => Buffer.compare(other, bytes) === 0) === at)
}

/** The version of a timestamp that is valid and not older than the one before. */
function versionOf(roots: TrustedSet, before: TrustedSet, bytes: Uint8Array): number {
  const set = roots.withRootsOnly()
  const known = before.files().roles.get('timestamp')
  set.updateTimestamp(bytes)
  const version = set.timestamp?.signed.version ?? 0
  if (known === undefined || version === before.timestamp?.signed.version) return version
  const after = roots.withRootsOnly()
  after.updateTimestamp(known)
  after.updateTimestamp(bytes)
  return version
}

/**
 * Whether a timestamp is valid and newer than the one that is known; a hint that a refresh is worth while.
 * @throws ReleaseError METADATA_INVALID, METADATA_UNTRUSTED, METADATA_EXPIRED
 */
export function isNewerTimestamp(known: MetadataFiles, timestamp: Uint8Array, now: Date): boolean {
  const claimed = checkMetadata('timestamp', timestamp, METADATA_BYTES_MAX.timestamp).version
  const before = known.roles.get('timestamp')
  if (before !== undefined && claimed <= checkMetadata('timestamp', before, before.length).version) return false
  trustRoots(known.roots, now).updateTimestamp(timestamp)
  return true
}

/** 5.5 and 5.6: the snapshot that the timestamp names, and the targets that the snapshot names. */
async function complete(set: TrustedSet, { stored, sources, options }: Step): Promise<void> {
  const kept = stored.roles.get('snapshot')
  if (kept !== undefined) ignoring(() => set.recallSnapshot(kept))
  if (set.snapshot === undefined) {
    const { file, bytesMax } = set.locate('snapshot')
    await sources.fetch(file, bytesMax, (bytes) => {
      set.updateSnapshot(bytes)
      options.onVerified?.('snapshot', bytes)
    })
  }
  await loadRole('targets', 'root', { set, stored, sources, options, confirmed: false })
}

/** For what was kept: if it is expired or not trusted any more, it is fetched again. */
function ignoring(work: () => void): void {
  try {
    work()
  } catch {
    return
  }
}

/** What to tell when nothing worked: what expired says more than that nobody answered. */
function worst(problems: unknown[]): unknown {
  const expired = problems.find((error) => error instanceof ReleaseError && error.code === 'METADATA_EXPIRED')
  const refused = problems.find((error) => error instanceof ReleaseError)
  return expired ?? refused ?? problems.at(-1)
}
