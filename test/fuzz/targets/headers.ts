/** Values of response headers that mean something to a client of an origin. */
import { parseContentLength, parseContentRange, parseRetryAfter } from '../../../packages/peer/src/origin/headers.ts'
import { mustHold, type Sample, type Target } from '../target.ts'

const NOW_MS = Date.parse('2030-01-01T00:00:00Z')

export const HEADER_TARGETS: Target[] = [
  {
    name: 'headers',
    refusals: [],
    samples: () => [
      value('bytes 5-9/10', (text) => {
        const range = parseContentRange(text)
        if (range !== undefined) mustHold(range.first >= 0 && range.first <= range.last, 'a range has an order')
        return range
      }),
      value('bytes 0-99/*', parseContentRange),
      value('120', readWait),
      value('Tue, 01 Jan 2030 00:00:30 GMT', readWait),
      value('65536', (text) => {
        const length = parseContentLength(text)
        if (length !== undefined) mustHold(Number.isSafeInteger(length) && length >= 0, 'a length is a count')
        return length
      }),
    ],
  },
]

function readWait(text: string): number | undefined {
  const waitMs = parseRetryAfter(text, NOW_MS)
  if (waitMs !== undefined) mustHold(Number.isFinite(waitMs) && waitMs >= 0, 'a wait ends, and is not over before')
  return waitMs
}

function value(text: string, read: (text: string) => unknown): Sample {
  // As Node hands header values over.
  return { bytes: Buffer.from(text), read: (bytes) => read(Buffer.from(bytes).toString('latin1')) }
}
