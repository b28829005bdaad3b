import { expect, it } from 'vitest'
import { waitingText } from './waiting-text.ts'

const NOW = new Date(2030, 0, 15, 20, 30).getTime()

it.each([
  [{ reason: 'ring-closed', ring: 'broad' } as const, 'ring broad is not open'],
  [{ reason: 'window', untilMs: NOW + 5_400_000 } as const, 'window opens 22:00, in 1h30m'],
  [{ reason: 'window', untilMs: NOW + 7 * 3_600_000 } as const, 'window opens 2030-01-16 03:30, in 7h'],
  [{ reason: 'window' } as const, 'no window ever opens'],
  [
    { reason: 'spread', ring: 'early', untilMs: NOW + 60_000 } as const,
    'ring early is open, the turn of this machine comes 20:31, in 1m',
  ],
  [{ reason: 'paused', ring: 'early' } as const, 'the rollout is paused'],
])('%o reads as %s', (waiting, text) => {
  expect(waitingText(waiting, NOW)).toBe(text)
})
