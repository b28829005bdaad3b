import fc from 'fast-check'
import { parseReleaseId } from '@shoal/release'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { nodeDisk, type Disk } from './disk.ts'
import { temporaryFolder } from './fixture/read-tree.ts'
import { releaseOf } from './fixture/release-of.ts'
import { parseJournal, startJournal, type Claims } from './journal.ts'
import { layoutOf, type Layout } from './layout.ts'

const { id } = releaseOf({ a: { bytes: new Uint8Array(1) } }).manifest
const other = releaseOf({ b: { bytes: new Uint8Array(1) } }).manifest.id
const CHUNKS = 5000

async function layoutIn(out: string): Promise<Layout> {
  const layout = layoutOf(out)
  for (const folder of [layout.journals, layout.scratch]) await mkdir(folder, { recursive: true })
  return layout
}

function claimed(claims: Claims): number[] | 'everything' {
  if (claims === 'everything') return claims
  return [...Array(CHUNKS).keys()].filter(claims)
}

test('claims what was appended and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(CHUNKS - 1)), { maxLength: 8 }), async (batches) => {
      await using folder = await temporaryFolder()
      const layout = await layoutIn(folder.path)
      const journal = await startJournal(nodeDisk, layout, id, batches[0] ?? [])
      await Promise.all(batches.slice(1).map((batch) => journal.append(batch)))
      await journal.close()
      const bytes = await readFile(layout.journal(id))
      expect(claimed(parseJournal(id, bytes, CHUNKS))).toEqual([...new Set(batches.flat())].sort((a, b) => a - b))
      expect(parseJournal(other, bytes, CHUNKS)).toBe('everything')
    }),
    { numRuns: 30 },
  )
})

test('any damage turns into the claim of everything, never into a wrong one', async () => {
  await using folder = await temporaryFolder()
  const layout = await layoutIn(folder.path)
  await (await startJournal(nodeDisk, layout, id, [1, 2, 3, 70, 4000])).close()
  const bytes = await readFile(layout.journal(id))
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const damaged = Uint8Array.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ by
      // Four bytes of the header mean nothing yet, and must still be what they are.
      expect(parseJournal(id, damaged, CHUNKS)).toBe('everything')
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      expect(parseJournal(id, garbage, CHUNKS)).toBe('everything')
    }),
  )
  expect(parseJournal(id, bytes, 100)).toBe('everything')
})

test('claims that arrive while one is being written share the next write', async () => {
  await using folder = await temporaryFolder()
  const layout = await layoutIn(folder.path)
  let writes = 0
  const counting: Disk = {
    ...nodeDisk,
    write: (fd, bytes, position) => {
      writes += 1
      return nodeDisk.write(fd, bytes, position)
    },
  }
  const journal = await startJournal(counting, layout, id, [])
  writes = 0
  await Promise.all(Array.from({ length: 1000 }, (_, chunk) => journal.append([chunk])))
  await journal.close()
  expect(writes).toBeLessThanOrEqual(2)
  expect((await stat(join(layout.journals, id))).size).toBeLessThan(100)
})

test('a failed append leaves nothing behind that the next one does not mend', async () => {
  await using folder = await temporaryFolder()
  const layout = await layoutIn(folder.path)
  let full = false
  const filling: Disk = {
    ...nodeDisk,
    write: async (fd, bytes, position) => {
      if (!full) return nodeDisk.write(fd, bytes, position)
      await nodeDisk.write(fd, bytes.subarray(0, 5), position)
      throw new Error('no space left')
    },
  }
  const journal = await startJournal(filling, layout, parseReleaseId(id), [7])
  full = true
  await expect(journal.append([8])).rejects.toThrow('no space left')
  full = false
  await journal.append([9])
  await journal.close()
  expect(claimed(parseJournal(id, await readFile(layout.journal(id)), CHUNKS))).toEqual([7, 9])
})
