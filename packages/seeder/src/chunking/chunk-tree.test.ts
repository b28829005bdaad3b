import { utimes, writeFile } from 'node:fs/promises'
import { chunkStream, DEFAULT_CHUNKING, sha256, type Chunking, type EntryInput } from '@shoal/release'
import { describe, expect, it } from 'vitest'
import { noise, temporaryFolder, writeTree } from '../fixture/folder.ts'
import type { SourceFile } from '../tree/tree.ts'
import { walkTree } from '../tree/walk.ts'
import { batchFiles, chunkTree } from './chunk-tree.ts'
import { startWorkerPool } from './worker-pool.ts'

const { signal } = new AbortController()
const never = () => undefined

async function chunksOf(bytes: Uint8Array, chunking: Chunking): Promise<{ digests: Buffer; sizes: number[] }> {
  const digests: Uint8Array[] = []
  const sizes: number[] = []
  async function* source() {
    yield bytes
  }
  for await (const chunk of chunkStream(source(), chunking)) {
    digests.push(sha256(chunk))
    sizes.push(chunk.length)
  }
  return { digests: Buffer.concat(digests), sizes }
}

function fileOf(entries: readonly EntryInput[], path: string) {
  const entry = entries.find((candidate) => candidate.path === path)
  if (entry?.kind !== 'file') throw new Error(`no file ${path}`)
  return entry
}

describe('chunkTree', () => {
  it('cuts and hashes as the format does, whatever the size of a file against the buffer', async () => {
    await using folder = await temporaryFolder()
    const files: Record<string, Uint8Array> = {
      empty: new Uint8Array(),
      one: noise(1, 1),
      small: noise(10_000, 2),
      medium: noise(700_001, 3),
      exact: noise(2 * 1024 * 1024, 4),
      large: noise(9_000_017, 5),
      zeros: new Uint8Array(3_000_000),
    }
    await writeTree(folder.path('tree'), files)
    const tree = await walkTree(folder.path('tree'), { signal, onFound: never })
    await using pool = startWorkerPool({ signal, size: 2 })
    let progressBytes = 0
    const entries = await chunkTree(tree, DEFAULT_CHUNKING, pool, (bytes) => (progressBytes += bytes))
    expect(progressBytes).toBe(tree.sizeBytes)
    for (const [path, bytes] of Object.entries(files)) {
      const { chunks, ...file } = fileOf(entries, path)
      const expected = await chunksOf(bytes, DEFAULT_CHUNKING)
      expect(Buffer.compare(file.sha256, sha256(bytes)), path).toBe(0)
      expect([...chunks.sizes], path).toEqual(expected.sizes)
      expect(Buffer.compare(chunks.digests, expected.digests), path).toBe(0)
    }
  })

  it('refuses a file that changed since it was found', async () => {
    await using folder = await temporaryFolder()
    await writeTree(folder.path('tree'), { a: 'before', b: 'same' })
    const tree = await walkTree(folder.path('tree'), { signal, onFound: never })
    await writeFile(folder.path('tree/a'), 'after!')
    await utimes(folder.path('tree/a'), 1, 1)
    await using pool = startWorkerPool({ signal, size: 1 })
    await expect(chunkTree(tree, DEFAULT_CHUNKING, pool, never)).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      message: 'a changed while publishing',
    })
  })

  it('stops when it is told to', async () => {
    await using folder = await temporaryFolder()
    await writeTree(folder.path('tree'), { a: noise(5_000_000, 1) })
    const tree = await walkTree(folder.path('tree'), { signal, onFound: never })
    const controller = new AbortController()
    await using pool = startWorkerPool({ signal: controller.signal, size: 1 })
    const chunked = chunkTree(tree, DEFAULT_CHUNKING, pool, never)
    controller.abort(new Error('enough'))
    await expect(chunked).rejects.toThrow('enough')
  })
})

describe('batchFiles', () => {
  it('hands out the biggest first, and small ones together', () => {
    const file = (path: string, size: number): SourceFile => ({ path, size, executable: false, mtimeMs: 0, ino: 0 })
    const small = Array.from({ length: 300 }, (_, at) => file(`s${at}`, 10))
    const batches = batchFiles([...small, file('big', 1e9), file('middle', 7e6)])
    expect(batches.map((batch) => batch.length)).toEqual([1, 256, 45])
    expect(batches[0]?.[0]?.path).toBe('big')
  })
})
