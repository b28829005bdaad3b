import { expect, test } from 'vitest'
import { DEFAULT_CHUNKING } from '../chunking/choose.ts'
import { sha256 } from '../cid.ts'
import { encodeManifest } from './encode.ts'
import type { EntryInput } from './entry.ts'
import { readManifest } from './read.ts'

// Measured 0.2 to 0.4 s; the bound leaves room for a busy machine and still catches what is quadratic.
test('a release of 20,000 files and 65,000 chunks is read in seconds at most', async () => {
  const entries = Array.from({ length: 20_000 }, (_, i): EntryInput => {
    const count = i < 5_000 ? 4 : 3
    const digests = new Uint8Array(count * 32)
    for (let chunk = 0; chunk < count; chunk++) digests.set(sha256(Buffer.from(`${i} ${chunk}`)), chunk * 32)
    const sizes = new Uint32Array(count).fill(16_384)
    return {
      kind: 'file',
      path: `lib/${i % 100}/${i}.js`,
      size: count * 16_384,
      executable: false,
      sha256: sha256(digests),
      chunks: { digests, sizes },
    }
  })
  const { id, blocks } = encodeManifest({
    product: 'p',
    version: '1',
    platform: 'any',
    chunking: DEFAULT_CHUNKING,
    entries,
  })
  const byId = new Map(blocks.map((block) => [block.id, block.bytes]))
  const started = performance.now()
  const manifest = await readManifest(id, async (wanted) => byId.get(wanted) ?? new Uint8Array())
  expect(performance.now() - started).toBeLessThan(5000)
  expect(manifest.chunks.count).toBe(65_000)
})
