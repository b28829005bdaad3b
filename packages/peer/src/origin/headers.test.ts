import { expect, test } from 'vitest'
import { parseContentRange, parseRetryAfter } from './headers.ts'

test('reads a content range, and no other unit, order or total', () => {
  expect(parseContentRange('bytes 5-9/10')).toEqual({ first: 5, last: 9 })
  expect(parseContentRange('bytes 5-9/*')).toEqual({ first: 5, last: 9 })
  for (const wrong of [
    'bytes 9-5/10',
    'bytes 5-9/9',
    'bytes */10',
    'chunks 5-9/10',
    'bytes 5-9',
    undefined,
    ['bytes 5-9/10'],
  ]) {
    expect(parseContentRange(wrong)).toBeUndefined()
  }
})

test('reads Retry-After in seconds and as a date', () => {
  const now = Date.parse('2026-11-23T10:00:00Z')
  expect(parseRetryAfter('7', now)).toBe(7_000)
  expect(parseRetryAfter('Mon, 23 Nov 2026 10:00:30 GMT', now)).toBe(30_000)
  expect(parseRetryAfter('Mon, 23 Nov 2026 09:00:00 GMT', now)).toBe(0)
  for (const unreadable of ['soon', '-3', '1.5', '2026-11-23', '', undefined]) {
    expect(parseRetryAfter(unreadable, now)).toBeUndefined()
  }
})
