/**
 * Has a slow download's bytes on the disk by the time that the last one comes. One that is about as fast as the disk is left
 * alone: its writes would wait for the sync, and so it waits once, in the end.
 */
import type { Staging } from '../store/index.ts'

/** Bytes a second, well below what a disk takes. */
const RATE_MAX = 32e6
const SYNC_BYTES = 4 << 20

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
      if (isSyncing || waitingBytes < SYNC_BYTES || rate === 0 || rate > RATE_MAX) return
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
