import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCoverage } from './coverage.ts'
import { noise, releaseOf } from './fixture/release-of.ts'

const { manifest } = releaseOf({ a: { bytes: noise(3_000_000, 1) } })
const { chunks, spans } = manifest

test('agrees with a plain set of chunks after any changes', () => {
  const step = fc.record({ chunk: fc.nat(chunks.count + 3), add: fc.boolean(), run: fc.nat(600) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const coverage = createCoverage(manifest)
      const model = new Set<number>()
      for (const { chunk, add, run } of steps) {
        for (let at = chunk; at < chunk + run; at++) {
          if (add) coverage.add(at)
          else coverage.remove(at)
          if (add && at < chunks.count) model.add(at)
          else model.delete(at)
        }
      }
      const bitmap = coverage.spanBitmap()
      let missingBytes = 0
      for (let span = 0; span < spans.count; span++) {
        const all = [...Array(chunks.count).keys()].filter((chunk) => spans.spanOf(chunk) === span)
        const missing = all.filter((chunk) => !model.has(chunk))
        expect(coverage.missingChunks(span)).toEqual(missing)
        expect(coverage.hasSpan(span)).toBe(missing.length === 0)
        expect(((bitmap[span >> 3] ?? 0) & (1 << (span & 7))) !== 0).toBe(missing.length === 0)
        for (const chunk of missing) missingBytes += chunks.sizes[chunk] ?? 0
      }
      expect(coverage.missingBytes).toBe(missingBytes)
      expect(coverage.complete).toBe(missingBytes === 0)
    }),
    { numRuns: 50 },
  )
})

test('what a remote may ask for beyond the release is not here', () => {
  const coverage = createCoverage(manifest)
  for (const odd of [-1, chunks.count, 0.5, Number.NaN, 2 ** 40]) {
    coverage.add(odd)
    expect(coverage.hasChunk(odd)).toBe(false)
    expect(coverage.hasSpan(odd)).toBe(false)
  }
  expect(coverage.missingBytes).toBe(chunks.bytes)
})
