import { expect, test } from 'vitest'
import { noise, releaseOf } from './fixture/release-of.ts'
import { placesOf } from './places.ts'
import { planWrites } from './plan-writes.ts'

const content = noise(30_000, 1)
const release = releaseOf({ a: { bytes: content }, b: { bytes: content }, c: { bytes: noise(2000, 2) } })
const { manifest } = release
const places = placesOf(manifest)
const all = [...Array(manifest.chunks.count).keys()]

function together(chunks: readonly number[]): { chunk: number; bytes: Uint8Array }[] {
  const bytes = release.bytesOf(chunks)
  let at = 0
  return chunks.map((chunk) => {
    const size = manifest.chunks.sizes[chunk] ?? 0
    at += size
    return { chunk, bytes: bytes.subarray(at - size, at) }
  })
}

test('chunks that follow each other are one write in every file that has them', () => {
  const plan = planWrites(places, together(all))
  expect(plan.map(({ file, pieces }) => [file, pieces.map(({ offset, bytes }) => [offset, bytes.length])])).toEqual([
    [0, [[0, 30_000]]],
    [1, [[0, 30_000]]],
    [2, [[0, 2000]]],
  ])
  expect(Buffer.compare(plan[1]?.pieces[0]?.bytes ?? content, content)).toBe(0)
})

test('chunks that lie apart in memory are written apart', () => {
  const [first, second] = together([1, 0])
  const plan = planWrites(
    places,
    [first, second].filter((chunk) => chunk !== undefined),
    (place) => places.file[place] === 0,
  )
  expect(plan).toHaveLength(1)
  expect(plan[0]?.pieces.map(({ offset }) => offset)).toEqual([0, manifest.chunks.sizes[0]])
})
