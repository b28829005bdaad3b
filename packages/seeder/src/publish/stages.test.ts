import { createHash } from 'node:crypto'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { encodeManifest, parseReleaseId, sha256, type EntryInput, type Manifest } from '@shoal/release'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noise, temporaryFolder } from '../fixture/folder.ts'
import { assemblePacks, type CompressedChunks, type SpooledPack } from './assemble-packs.ts'
import { describeDifference } from './difference.ts'
import { openJournal } from './journal.ts'
import { mapInOrder } from './map-in-order.ts'
import { createPlaces } from './places.ts'
import { planTasks } from './plan-tasks.ts'
import { sampleChunks } from './verify.ts'

const chunking = { min: 1024, avg: 2048, max: 4096 }

/** A release whose files are made of these chunks, by number. */
function manifestOf(files: Record<string, readonly number[]>): Manifest {
  const chunk = (number: number) => noise(1024 + (number % 1000), number)
  const entries = Object.entries(files).map(([path, numbers]): EntryInput => {
    const bytes = Buffer.concat(numbers.map(chunk))
    const digests = Buffer.concat(numbers.map((number) => sha256(chunk(number))))
    const sizes = Uint32Array.from(numbers, (number) => chunk(number).length)
    return {
      kind: 'file',
      path,
      size: bytes.length,
      executable: false,
      sha256: sha256(bytes),
      chunks: { digests, sizes },
    }
  })
  return encodeManifest({ product: 'p', version: '1', platform: 'any', chunking, entries }).manifest
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

describe('planTasks', () => {
  it('plans each missing chunk once, in order, where it first occurs', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 20 })
    const files = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), numbers, { minKeys: 1 })
    fc.assert(
      fc.property(files, fc.array(fc.boolean(), { minLength: 13, maxLength: 13 }), (content, known) => {
        const manifest = manifestOf(content)
        const has = (chunk: number): boolean => known[chunk] === true
        const tasks = [...planTasks(manifest, { has }, 5000)]
        const planned = tasks.flatMap((task) => task.chunks)
        const missing = Array.from({ length: manifest.chunks.count }, (_, chunk) => chunk).filter(
          (chunk) => !has(chunk),
        )
        expect(planned).toEqual(missing)
        for (const task of tasks) {
          expect(task.chunks.length === 1 || task.sizeBytes <= 5000).toBe(true)
          expect(task.runs.flatMap((run) => run.sizes)).toEqual(
            task.chunks.map((chunk) => manifest.chunks.sizes[chunk]),
          )
          const digests = Buffer.concat(task.runs.map((run) => run.digests))
          expect(digests).toEqual(Buffer.concat(task.chunks.map((chunk) => manifest.chunks.digest(chunk))))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('joins neighbours in a file into one run, and says where it begins', () => {
    const manifest = manifestOf({ a: [1, 2, 3], b: [1, 4] })
    const [task] = planTasks(manifest, { has: (chunk) => chunk === 0 })
    expect(task?.runs.map(({ path, offset, sizes }) => ({ path, offset, sizes }))).toEqual([
      { path: 'a', offset: 1025, sizes: [1026, 1027] },
      { path: 'b', offset: 1025, sizes: [1028] },
    ])
  })
})

describe('mapInOrder', () => {
  it('keeps the order, and never works on more than allowed', async () => {
    let running = 0
    let most = 0
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, ++running)
      for (let turn = 0; turn < 20 + ((item * 7) % 5); turn++) await Promise.resolve()
      running -= 1
      return item * 2
    }
    const items = Array.from({ length: 50 }, (_, at) => at)
    expect(await collect(mapInOrder(4, work)(items))).toEqual(items.map((item) => item * 2))
    expect(most).toBe(4)
  })

  it('fails with the first failure in order', async () => {
    const work = async (item: number): Promise<number> => {
      if (item > 2) throw new Error(`item ${item}`)
      return item
    }
    await expect(collect(mapInOrder(4, work)([1, 2, 3, 4]))).rejects.toThrow('item 3')
  })
})

describe('assemblePacks', () => {
  async function* frames(...lengths: number[][]): AsyncGenerator<CompressedChunks> {
    let chunk = 0
    for (const group of lengths) {
      const chunks = group.map(() => chunk++)
      const out = new Uint8Array(group.reduce((sum, length) => sum + length, 0) + 10)
      let at = 0
      group.forEach((length, index) => out.fill(chunks[index] ?? 0, at, (at += length)))
      yield { chunks, lengths: Uint32Array.from(group), out }
    }
  }

  it('fills packs up to their limit, in order, across groups', async () => {
    await using folder = await temporaryFolder()
    let recycled = 0
    const assemble = assemblePacks(folder.path(''), () => (recycled += 1), 100)
    const packs: SpooledPack[] = await collect(assemble(frames([40, 40], [40, 60, 1], [100])))
    expect(packs.map(({ length, chunks, lengths }) => ({ length, chunks, lengths }))).toEqual([
      { length: 80, chunks: [0, 1], lengths: [40, 40] },
      { length: 100, chunks: [2, 3], lengths: [40, 60] },
      { length: 1, chunks: [4], lengths: [1] },
      { length: 100, chunks: [5], lengths: [100] },
    ])
    expect(recycled).toBe(3)
    for (const { file, sha256: name } of packs) {
      expect(
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      ).toBe(name)
    }
    expect(await readFile(packs[1]?.file ?? '')).toEqual(Buffer.concat([Buffer.alloc(40, 2), Buffer.alloc(60, 3)]))
  })

  it('removes an unfinished pack when what feeds it fails', async () => {
    await using folder = await temporaryFolder()
    async function* failing(): AsyncGenerator<CompressedChunks> {
      yield* frames([10])
      throw new Error('no more')
    }
    const packs = assemblePacks(folder.path(''), () => undefined)(failing())
    await expect(collect(packs)).rejects.toThrow('no more')
    expect(await readdir(folder.path(''))).toEqual([])
  })
})

describe('the journal', () => {
  const id = parseReleaseId('bafyreifhz6bklnkoi74gzangfzewmwxlt5kzisypxn5m474u7wcnadvuuy')
  const pack = { sha256: 'ab'.repeat(32), length: 30, chunks: [0, 1], lengths: [10, 20] }

  it('reads back whole lines, also around one that a crash cut short', async () => {
    await using folder = await temporaryFolder()
    const journal = await openJournal(folder.path(''), id, 'file:///origin')
    expect(await journal.read()).toEqual([])
    await journal.append(pack)
    const [name = ''] = await readdir(folder.path('publishing'))
    await appendFile(folder.path(`publishing/${name}`), '{"sha256":"abab')
    await journal.append({ ...pack, sha256: 'cd'.repeat(32) })
    expect((await journal.read()).map((line) => line.sha256)).toEqual([pack.sha256, 'cd'.repeat(32)])
  })

  it('ignores lines that contradict themselves', async () => {
    await using folder = await temporaryFolder()
    const journal = await openJournal(folder.path(''), id, 'file:///origin')
    await journal.append({ ...pack, length: 31 })
    await journal.append({ ...pack, chunks: [0] })
    await journal.append({ ...pack, sha256: '../x' })
    expect(await journal.read()).toEqual([])
  })

  it('is of one origin', async () => {
    await using folder = await temporaryFolder()
    await (await openJournal(folder.path(''), id, 'file:///a')).append(pack)
    expect(await (await openJournal(folder.path(''), id, 'file:///b')).read()).toEqual([])
  })
})

describe('places', () => {
  it('counts what is missing, and keeps the first place of a chunk', () => {
    const { chunks } = manifestOf({ a: [1, 2] })
    const places = createPlaces(chunks)
    const pack = { sha256: 'ab'.repeat(32), length: 100 }
    expect(places.missingBytes).toBe(chunks.bytes)
    places.set(0, pack, 0, 40)
    places.set(0, { sha256: 'cd'.repeat(32), length: 9 }, 5, 4)
    expect(places.missing).toBe(1)
    expect(() => places.toIndex()).toThrow('1 chunks have no place')
    places.set(1, pack, 40, 60)
    expect(places.toIndex()).toMatchObject({ packs: [pack], offset: Uint32Array.of(0, 40) })
  })
})

describe('describeDifference', () => {
  it('names what changed, and only so much of it', () => {
    const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`new${at}`, [at]]))
    const text = describeDifference(manifestOf({ a: [1], b: [2] }), manifestOf({ a: [3], ...many }))
    expect(text).toBe('1 changed (a), 8 added (new0, new1, new2, new3, new4, …), 1 removed (b)')
  })
})

describe('sampleChunks', () => {
  it('takes all of a few, and different ones of many', () => {
    expect(sampleChunks(3, 64, Math.random)).toEqual([0, 1, 2])
    const sample = sampleChunks(1000, 64, Math.random)
    expect(new Set(sample).size).toBe(64)
    expect(Math.max(...sample)).toBeLessThan(1000)
  })
})
