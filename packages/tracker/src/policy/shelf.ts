/** The newest policy, and the places where it is put: devices that ask, the gossip of the fleet, a file at the origin. */
import { parsePolicy } from '@shoal/release'
import type { StoredPolicy } from '../store/store.ts'

export interface Shelf {
  newest(): StoredPolicy | undefined
  /** Older ones, and the same one again, change nothing; but what could not be written is tried again. */
  put(policy: StoredPolicy): void
  /** Whether there is one here that is as new. @throws ReleaseError for what is no policy */
  isKnown(document: Uint8Array): boolean
  /** Resolves when what was put is written, or could not be. */
  settled(): Promise<void>
}

interface ShelfDeps {
  tell: (document: Uint8Array) => void
  /** Absent: there is no origin to write to. */
  write: ((document: Uint8Array) => Promise<void>) | undefined
  onFailure: (error: unknown) => void
}

export function createShelf({ tell, write, onFailure }: ShelfDeps): Shelf {
  let newest: StoredPolicy | undefined
  let writtenVersion = 0
  let writing: Promise<void> = Promise.resolve()

  async function writeNewest(): Promise<void> {
    if (write === undefined || newest === undefined || newest.version <= writtenVersion) return
    const { version, document } = newest
    try {
      await write(document)
      writtenVersion = version
    } catch (error) {
      onFailure(error)
    }
  }

  return {
    newest: () => newest,
    put(policy) {
      if (newest === undefined || policy.version > newest.version) {
        newest = policy
        tell(policy.document)
      }
      if (policy.version > writtenVersion) writing = writing.then(writeNewest)
    },
    isKnown: (document) => parsePolicy(document).policy.version <= (newest?.version ?? 0),
    settled: () => writing,
  }
}
