import { randomBytes } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readStoredFrame } from './stored-frame.ts'

const checksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }

it.each([0, 1, 255, 256, 65_000, 131_072, 131_073, 262_144])(
  'reads %i bytes that do not compress, with a checksum and without',
  (size) => {
    const content = randomBytes(size)
    for (const options of [{}, checksum])
      expect(Buffer.compare(content, readStoredFrame(zstdCompressSync(content, options), size) ?? Buffer.of())).toBe(0)
  },
)

it('leaves what is compressed to a decompressor', () => {
  const text = Buffer.from('one copy per site, '.repeat(5_000))
  expect(readStoredFrame(zstdCompressSync(text), text.length)).toBeUndefined()
})

it('is not told a size by the frame, nor content behind its end', () => {
  const frame = zstdCompressSync(randomBytes(1_000))
  expect(readStoredFrame(frame, 999)).toBeUndefined()
  expect(readStoredFrame(frame, 1_001)).toBeUndefined()
  expect(readStoredFrame(Buffer.concat([frame, Buffer.alloc(1)]), 1_000)).toBeUndefined()
  expect(readStoredFrame(frame.subarray(0, -1), 1_000)).toBeUndefined()
})

it('agrees with zstd about every frame that it reads, whatever was done to it', () => {
  const runs = fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 300 })))
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })
  fc.assert(
    fc.property(runs, damage, fc.boolean(), (parts, changes, isRandom) => {
      const content = Buffer.concat(
        parts.map(([bytes, times]) =>
          isRandom ? randomBytes(times) : Buffer.concat(Array<Uint8Array>(times).fill(bytes)),
        ),
      )
      const frame = zstdCompressSync(content)
      for (const [at, value] of changes) frame[at % frame.length] = value
      const read = readStoredFrame(frame, content.length)
      if (read !== undefined && isReadable(frame)) expect(Buffer.compare(read, zstdDecompressSync(frame))).toBe(0)
    }),
  )
})

it('reads a repeated byte', () => {
  const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 200, 0x01 | (1 << 1) | ((200 << 3) & 0xff), 200 >> 5, 0, 7)
  expect(zstdDecompressSync(frame)).toEqual(Buffer.alloc(200, 7))
  expect(readStoredFrame(frame, 200)).toEqual(new Uint8Array(200).fill(7))
})

/** The window and sizes in the header are not looked at here: what zstd refuses because of them, the digest decides. */
function isReadable(frame: Uint8Array): boolean {
  try {
    zstdDecompressSync(frame)
    return true
  } catch {
    return false
  }
}
