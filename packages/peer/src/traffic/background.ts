/** A peer in the background: what it moves between sites yields to everything else on the way. */
import { LIMITS } from '../limits.ts'
import { addedMs, recordRoundTrip, startPath } from './path.ts'
import { decideRate, startYielding, type Yielding } from './yield.ts'

export interface BackgroundStatus {
  /** Bytes a second that it allows itself now. */
  uploadWan: number
  downloadWan: number
  /** Wait on the way that is not there when it is empty; undefined when nothing was measured lately. */
  addedMs: number | undefined
}

export interface Background {
  /** @param to whom it was measured to */
  recordRoundTrip(to: string, ms: number): void
  /** @param moved bytes since the last decision */
  decide(moved: { uploadWan: number; downloadWan: number }): void
  /** Whether anything was moved of late, so that it matters how long the way takes. */
  isMoving(): boolean
  status(): BackgroundStatus
}

export function createBackground(now: () => number): Background {
  const path = startPath()
  const startedMs = now()
  const uploadWan = startYielding(startedMs)
  const downloadWan = startYielding(startedMs)
  let decidedMs = startedMs
  let movedMs = startedMs

  return {
    recordRoundTrip: (to, ms) => recordRoundTrip(path, to, ms, now()),
    decide(moved) {
      const nowMs = now()
      const seen = { addedMs: addedMs(path, nowMs), elapsedMs: nowMs - decidedMs }
      const each: [Yielding, number][] = [
        [uploadWan, moved.uploadWan],
        [downloadWan, moved.downloadWan],
      ]
      for (const [yielding, movedBytes] of each) {
        decideRate(yielding, { ...seen, movedBytes }, nowMs)
        if (movedBytes > 0) movedMs = nowMs
      }
      decidedMs = nowMs
    },
    isMoving: () => now() - movedMs < LIMITS.background.idleMs,
    status: () => ({
      uploadWan: uploadWan.rate,
      downloadWan: downloadWan.rate,
      addedMs: addedMs(path, now()),
    }),
  }
}
