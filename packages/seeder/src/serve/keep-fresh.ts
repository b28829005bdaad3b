import { setTimeout as sleep } from 'node:timers/promises'
import { FRESHEN_MS_MAX, FRESHEN_MS_MIN } from '../limits.ts'
import { refreshMetadataOf } from '../manage/refresh.ts'
import type { SignedRole } from '../metadata/settle.ts'
import { openOrigin } from '../origin/open.ts'
import { openRepository } from '../repository/open.ts'

export type FreshEvent = { signed: SignedRole[] } | { error: unknown }

/**
 * Signs metadata anew in time, until the signal aborts. What goes wrong is told, and tried again: an origin with old metadata is
 * better than none. The repository is free for others in between.
 */
export async function keepFresh(
  options: { repository: string; origin: string; passphrase?: string | undefined },
  signal: AbortSignal,
  onEvent: (event: FreshEvent) => void,
): Promise<void> {
  const aborted = (): boolean => signal.aborted
  while (!aborted()) {
    let waitMs = FRESHEN_MS_MIN
    try {
      waitMs = await refreshOnce(options, onEvent)
    } catch (error) {
      onEvent({ error })
    }
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

async function refreshOnce(
  { repository: folder, origin: place, passphrase }: Parameters<typeof keepFresh>[0],
  onEvent: (event: FreshEvent) => void,
): Promise<number> {
  using repository = await openRepository(folder, { passphrase })
  const now = new Date()
  const { set, signed } = await refreshMetadataOf(repository, await openOrigin(place), { now, always: false })
  if (signed.length > 0) onEvent({ signed })
  return set.timestamp === undefined ? FRESHEN_MS_MIN : pauseUntil(new Date(set.timestamp.signed.expires), now)
}

/** Looks again often enough to be in time, also for what others signed meanwhile. */
function pauseUntil(expires: Date, now: Date): number {
  const leftMs = expires.getTime() - now.getTime()
  return Math.min(FRESHEN_MS_MAX, Math.max(FRESHEN_MS_MIN, leftMs / 8))
}
