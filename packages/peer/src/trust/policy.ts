/**
 * The newest policy that verified. It is not in the snapshot, so it has a floor of its own: none is taken that is older than one that was seen
 * under the same keys. Document and floor are files of their own, so that the one holds where the other is lost.
 */
import { join } from 'node:path'
import {
  checkMetadata,
  POLICY_BYTES_MAX,
  POLICY_FILE,
  POLICY_ROLE,
  ReleaseError,
  stagedChannels,
  verifyPolicy,
  type Policy,
  type TrustedSet,
} from '@shoal/release'
import * as z from 'zod'
import type { OnEvent } from '../events.ts'
import { readWhole, writeAtomic, type Disk } from '../store/index.ts'
import { releaseKeys } from './floors.ts'

export interface PolicyKeeper {
  /** Also when it is expired; undefined before the targets are known that say who may sign it. */
  readonly policy: Policy | undefined
  /** As it is signed. */
  readonly document: Uint8Array | undefined
  isStaged(channel: { product: string; channel: string }): boolean
  /** Targets that were verified just now: they say who may sign, and for which channels. */
  judge(set: TrustedSet): void
  /**
   * Takes a document, unless what is there is as new; says which.
   * @throws ReleaseError METADATA_INVALID, POLICY_INVALID, METADATA_UNTRUSTED
   */
  take(document: Uint8Array): 'news' | 'known'
  /** Called with every newer document, once it is on disk. Returns how to stop. */
  onNews(listener: (document: Uint8Array) => void): () => void
}

const floorSchema = z.strictObject({ v: z.literal(1), value: z.int().min(1), keys: z.string().max(64) })
type Floor = z.infer<typeof floorSchema>

const FLOOR_BYTES_MAX = 1 << 10

export interface PolicyDeps {
  disk: Disk
  onEvent: OnEvent
}

/** @param folder of what is trusted, with its `scratch` */
export async function openPolicy(folder: string, { disk, onEvent }: PolicyDeps): Promise<PolicyKeeper> {
  const scratch = join(folder, 'scratch')
  const [file, floorFile] = [join(folder, POLICY_FILE), join(folder, 'policy-floor.json')]
  const listeners = new Set<(document: Uint8Array) => void>()
  /** What was kept, and is believed once the targets are known. */
  let document = await readWhole(disk, file, POLICY_BYTES_MAX)
  let floor = await readFloor(disk, floorFile)
  let policy: Policy | undefined
  let trusted: TrustedSet | undefined
  let saving: Promise<void> = Promise.resolve()

  function verified(set: TrustedSet, bytes: Uint8Array): Policy {
    const found = verifyPolicy(set, bytes)
    if (floor !== undefined && floor.keys === releaseKeys(set, POLICY_ROLE) && found.version < floor.value) {
      const message = `metadata: version ${found.version} of the policy is older than version ${floor.value}, which this device has seen`
      throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-rollback', message)
    }
    return found
  }

  async function save(bytes: Uint8Array, raised: Floor): Promise<void> {
    try {
      await writeAtomic(disk, scratch, file, bytes, { durable: true })
      await writeAtomic(disk, scratch, floorFile, Buffer.from(JSON.stringify(raised)), { durable: true })
    } catch (error) {
      // It counts until the next start, and is told on; after that, whoever has it tells it again.
      onEvent('policy-not-saved', { error })
    }
    for (const listener of listeners) listener(bytes)
  }

  return {
    get policy() {
      return policy
    },
    get document() {
      return policy === undefined ? undefined : document
    },
    isStaged: ({ product, channel }) =>
      trusted !== undefined &&
      stagedChannels(trusted).some((each) => each.product === product && each.channel === channel),
    judge(set) {
      trusted = set
      policy = undefined
      if (document === undefined) return
      try {
        policy = verified(set, document)
      } catch (error) {
        onEvent('policy-refused', { message: String(error) })
      }
    },
    take(bytes) {
      const { version } = checkMetadata('targets', bytes, POLICY_BYTES_MAX)
      if (policy !== undefined && version <= policy.version) return 'known'
      if (trusted === undefined) {
        const message = 'metadata: the targets that say who may sign the policy are not known yet'
        throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-missing', message)
      }
      policy = verified(trusted, bytes)
      document = bytes
      const raised: Floor = { v: 1, value: policy.version, keys: releaseKeys(trusted, POLICY_ROLE) }
      floor = raised
      onEvent('policy', { version: policy.version, expires: policy.expires.toISOString() })
      saving = saving.then(() => save(bytes, raised))
      return 'news'
    },
    onNews(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Undefined when it is absent, or damaged. */
async function readFloor(disk: Disk, file: string): Promise<Floor | undefined> {
  const bytes = await readWhole(disk, file, FLOOR_BYTES_MAX)
  if (bytes === undefined) return undefined
  try {
    return floorSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    return undefined
  }
}
