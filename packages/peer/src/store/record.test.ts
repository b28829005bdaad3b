import fc from 'fast-check'
import { expect, test } from 'vitest'
import { noise, releaseOf } from './fixture/release-of.ts'
import { decodeRecord, encodeRecord } from './record.ts'
import { Stamps } from './stamps.ts'

const { manifest } = releaseOf({ a: { bytes: noise(200_000, 1) }, b: { bytes: noise(5, 2) } })
const other = releaseOf({ c: { bytes: noise(5, 3) } }).manifest.id
const stamps = new Stamps(2)
stamps.set(1, { size: 5n, mtimeNs: 1_795_000_000_123_456_789n, ino: 2n ** 63n })
const record = { recordedAtNs: 1_795_000_001_000_000_000n, stamps, blockIds: manifest.blockIds }
const bytes = encodeRecord(manifest.id, record)

test('says what was recorded, and only of its own release', () => {
  const read = decodeRecord(manifest.id, bytes)
  expect(read).toMatchObject({ recordedAtNs: record.recordedAtNs, blockIds: manifest.blockIds })
  expect(read?.stamps.values).toEqual(stamps.values)
  expect(decodeRecord(other, bytes)).toBeUndefined()
})

test('a damaged record is none', () => {
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ by
      expect(decodeRecord(manifest.id, damaged)).toBeUndefined()
      expect(decodeRecord(manifest.id, bytes.subarray(0, at))).toBeUndefined()
    }),
  )
})

test('a file without a stamp, or modified too close to the recording, matches nothing', () => {
  const young = new Stamps(2)
  const stamp = { size: 5n, mtimeNs: 100n, ino: 7n }
  young.set(0, stamp)
  expect(young.matches(0, stamp)).toBe(true)
  expect(young.matches(1, { size: 0n, mtimeNs: 0n, ino: 0n })).toBe(false)
  expect(young.matches(2, stamp)).toBe(false)
  young.forgetSince(101n)
  expect(young.matches(0, stamp)).toBe(true)
  young.forgetSince(100n)
  expect(young.matches(0, stamp)).toBe(false)
})
