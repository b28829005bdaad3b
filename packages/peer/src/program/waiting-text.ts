/** Why a device does not install what there is, in words. */
import { formatDuration } from '@shoal/cli'
import type { StayReason } from '@shoal/release'

export interface Waiting {
  reason: StayReason | 'postponed'
  ring?: string
  untilMs?: number
}

const WORDS: Record<Waiting['reason'], (ring: string, when: string) => string> = {
  'up-to-date': () => 'up to date',
  'not-in-a-ring': () => 'no ring of the rollout is for this machine',
  'ring-closed': (ring) => `ring ${ring} is not open`,
  spread: (ring, when) => `ring ${ring} is open, the turn of this machine comes ${when}`,
  window: (_, when) => (when === '' ? 'no window ever opens' : `window opens ${when}`),
  paused: () => 'the rollout is paused',
  halted: () => 'the rollout is halted',
  postponed: () => 'preActivate says that it is not the time',
  'failed-before': () => 'it failed here before',
  'not-offered': () => 'what the policy names is not published for this platform',
  'no-policy': () => 'the channel is staged, and no policy is known yet',
  'policy-expired': () => 'the policy has expired, and nobody has a newer one',
}

export function waitingText({ reason, ring = '', untilMs }: Waiting, nowMs: number): string {
  const when =
    untilMs === undefined ? '' : `${clockTime(untilMs, nowMs)}, in ${formatDuration(Math.max(0, untilMs - nowMs))}`
  return WORDS[reason](ring, when)
}

/** 22:00, or with the day when that is not today; by this machine's clock. */
function clockTime(atMs: number, nowMs: number): string {
  const at = new Date(atMs)
  const time = `${pad(at.getHours())}:${pad(at.getMinutes())}`
  if (at.toDateString() === new Date(nowMs).toDateString()) return time
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${time}`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}
