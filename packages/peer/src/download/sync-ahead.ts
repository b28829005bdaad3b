/**
 * Has the bytes of a download on the disk by the time that the last one comes: the sync of what is there goes on while the rest
 * is received, one at a time, so that a disk that is slower sets the pace itself.
 */
import type { Staging } from '../store/index.ts'

/** A sync is worth it for what comes in so long, and for no less than so much. */
const STEP_MS = 100
const STEP_BYTES_MIN = 4 << 20

export interface SyncAhead {
  /** @param rate bytes a second of the download; 0 while it is not known. Rejects for an error of the disk, which nobody else would hear of. */
  written(bytes: number, rate: number): Promise<void>
}

export function createSyncAhead(staging: Pick<Staging, 'syncAhead'>): SyncAhead {
  let waitingBytes = 0
  let isSyncing = false
  return {
    async written(bytes, rate) {
      waitingBytes += bytes
      if (isSyncing || waitingBytes < Math.max(STEP_BYTES_MIN, (rate * STEP_MS) / 1000)) return
      waitingBytes = 0
      isSyncing = true
      try {
        await staging.syncAhead()
      } finally {
        isSyncing = false
      }
    },
  }
}
