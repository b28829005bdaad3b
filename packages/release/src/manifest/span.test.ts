import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SPAN_BYTES, SPAN_CHUNKS_MAX } from '../limits.ts'
import { buildSpans } from './span.ts'

const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 16_384, max: SPAN_BYTES })), {
  maxLength: 900,
})

test('spans cover every chunk once, in order, within their bounds', () => {
  fc.assert(
    fc.property(sizes, (chunks) => {
      const spans = buildSpans(Uint32Array.from(chunks))
      expect(spans.firstChunk.length).toBe(spans.count + 1)
      expect(spans.firstChunk[0]).toBe(0)
      expect(spans.firstChunk[spans.count]).toBe(chunks.length)
      for (let span = 0; span < spans.count; span++) {
        const [first = 0, end = 0] = spans.firstChunk.subarray(span, span + 2)
        const within = chunks.slice(first, end)
        const bytes = within.reduce((sum, size) => sum + size, 0)
        expect(spans.sizes[span]).toBe(bytes)
        expect(within.length).toBeGreaterThan(0)
        expect(within.length).toBeLessThanOrEqual(SPAN_CHUNKS_MAX)
        // All but the last chunk fit below 1 MiB, and only the release's last span may end early.
        expect(bytes - (within.at(-1) ?? 0)).toBeLessThan(SPAN_BYTES)
        if (span + 1 < spans.count) expect(bytes >= SPAN_BYTES || within.length === SPAN_CHUNKS_MAX).toBe(true)
        for (let chunk = first; chunk < end; chunk++) expect(spans.spanOf(chunk)).toBe(span)
      }
    }),
    { numRuns: 60 },
  )
})

test('a release of empty files has no span', () => {
  expect(buildSpans(new Uint32Array())).toMatchObject({ count: 0, firstChunk: Uint32Array.of(0) })
})
