/**
 * Group commit: what arrives while one batch is being written becomes the next batch. So a single report waits for one sync of the disk, and a
 * thousand at once share a few.
 */
import type { Report } from '@shoal/release'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { ReportStore, Taken } from '../store/store.ts'

export interface Intake {
  /** Resolves when they are durable. @throws TrackerError BUSY when too many wait already, STORE_UNAVAILABLE */
  take(reports: readonly Report[]): Promise<Taken[]>
}

interface IntakeDeps {
  store: Pick<ReportStore, 'takeReports'>
  /** Epoch ms. */
  now: () => number
  /** Some of them were new. */
  onTaken: (reports: number) => void
}

interface Waiting {
  reports: readonly Report[]
  resolve: (taken: Taken[]) => void
  reject: (error: unknown) => void
}

export function createIntake({ store, now, onTaken }: IntakeDeps): Intake {
  let waiting: Waiting[] = []
  let pending = 0
  let isWriting = false

  async function write(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) await writeBatch(nextBatch())
    isWriting = false
  }

  function nextBatch(): Waiting[] {
    let count = 0
    const end = waiting.findIndex(({ reports }) => (count += reports.length) > LIMITS.reportsPerCommitMax)
    const batch = end < 0 ? waiting : waiting.slice(0, Math.max(1, end))
    waiting = waiting.slice(batch.length)
    return batch
  }

  async function writeBatch(batch: readonly Waiting[]): Promise<void> {
    const reports = batch.flatMap((each) => each.reports)
    try {
      const taken = await store.takeReports(reports, now())
      let at = 0
      for (const each of batch) each.resolve(taken.slice(at, (at += each.reports.length)))
      const fresh = taken.filter((each) => each === 'new').length
      if (fresh > 0) onTaken(fresh)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      pending -= reports.length
    }
  }

  return {
    take(reports) {
      if (pending + reports.length > LIMITS.reportsPendingMax) {
        return Promise.reject(new TrackerError('BUSY', `${pending} reports wait for the disk already`))
      }
      pending += reports.length
      const taken = new Promise<Taken[]>((resolve, reject) => waiting.push({ reports, resolve, reject }))
      if (!isWriting) void write()
      return taken
    },
  }
}
