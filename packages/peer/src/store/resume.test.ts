import fc from 'fast-check'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deliver, NEVER } from './fixture/deliver.ts'
import { describeTree, readTree, temporaryFolder } from './fixture/read-tree.ts'
import { noise, releaseOf, type Leaf, type SampleRelease, type Tree } from './fixture/release-of.ts'
import { openStore } from './store.ts'

const TREE: Tree = {
  'a/one': { bytes: noise(1_500_000, 1) },
  'a/two': { bytes: noise(1_500_000, 2), executable: true },
  'b/one': { bytes: noise(1_500_000, 1) },
  small: { bytes: noise(300, 3) },
}

/** Writes the first span only, and leaves. */
async function begin(out: string, release: SampleRelease): Promise<number[]> {
  await using store = await openStore(out)
  await using staging = await store.stage(release.manifest, { signal: NEVER })
  const chunks = staging.missingChunks(0)
  await staging.writeChunks(0, chunks, release.bytesOf(chunks))
  return chunks
}

/** Goes on, and says what was still there. */
async function goOn(out: string, release: SampleRelease): Promise<{ resumed: number; written: number[] }> {
  await using store = await openStore(out)
  await using staging = await store.stage(release.manifest, { signal: NEVER })
  const resumed = staging.resumedBytes
  const written = await deliver(staging, release)
  await staging.finish()
  expect(await readTree(join(out, 'releases', release.manifest.id))).toEqual(describeTree(release.tree))
  return { resumed, written }
}

test('what was written is not asked for again', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  const before = await begin(folder.path, release)
  const { resumed, written } = await goOn(folder.path, release)
  expect(resumed).toBe(release.bytesOf(before).length)
  expect(written).not.toContain(before[0])
  expect(written.length + before.length).toBe(release.manifest.chunks.count)
})

test('what was damaged meanwhile is fetched again, and only that', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf({ a: { bytes: noise(1_500_000, 1) } })
  const before = await begin(folder.path, release)
  const path = join(folder.path, 'staging', release.manifest.id, 'a')
  const content = await readFile(path)
  content[5000] = (content[5000] ?? 0) ^ 1
  await writeFile(path, content)
  const { resumed } = await goOn(folder.path, release)
  expect(resumed).toBeGreaterThan(release.bytesOf(before).length - 5000)
  expect(resumed).toBeLessThan(release.bytesOf(before).length)
})

test('a place that lost its chunk is filled from another that has it', async () => {
  await using folder = await temporaryFolder()
  const release = releaseOf({ a: { bytes: noise(9000, 1) }, b: { bytes: noise(9000, 1) } })
  await begin(folder.path, release)
  await writeFile(join(folder.path, 'staging', release.manifest.id, 'a'), noise(9000, 7))
  expect((await goOn(folder.path, release)).written).toEqual([])
})

test.each<[string, (path: string) => Promise<void>]>([
  ['is empty', (path) => truncate(path, 0)],
  ['is cut inside its header', (path) => truncate(path, 20)],
  ['ends in half a record', (path) => cut(path, -5)],
  ['ends in zeros', async (path) => writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(24)]))],
  ['has a flipped bit in its header', (path) => flip(path, 10)],
  ['has a flipped bit in a record', (path) => flip(path, 50)],
  ['is of something else', (path) => writeFile(path, 'not a journal, but long enough to look like one'.repeat(9))],
])('nothing is lost and nothing believed when the journal %s', async (_, damage) => {
  await using folder = await temporaryFolder()
  const release = releaseOf(TREE)
  const before = await begin(folder.path, release)
  await damage(join(folder.path, '.shoal/journal', release.manifest.id))
  const { resumed } = await goOn(folder.path, release)
  expect(resumed).toBe(release.bytesOf(before).length)
})

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 4
  await writeFile(path, bytes)
}

async function cut(path: string, by: number): Promise<void> {
  await truncate(path, (await readFile(path)).length + by)
}

const segment = fc.constantFrom('a', 'b', 'c', 'ü', 'x y', '.hidden')
const leaf = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(40_000), fc.nat(4), fc.boolean())
      .map(([size, seed, executable]): Leaf => ({ bytes: noise(size, seed), executable })),
  },
  { weight: 1, arbitrary: fc.constant<Leaf>('folder') },
  { weight: 1, arbitrary: fc.constant<Leaf>({ target: 'somewhere' }) },
)
const trees = fc
  .array(
    fc.tuple(
      fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
      leaf,
    ),
    { maxLength: 12 },
  )
  .map((entries): Tree => {
    const tree: Tree = {}
    for (const [path, content] of entries) {
      const clash = Object.keys(tree).some(
        (other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
      )
      if (!clash) tree[path] = content
    }
    return tree
  })
  .filter((tree) => Object.keys(tree).length > 0)

test('any tree, its chunks in any order, with restarts anywhere, comes out equal', async () => {
  const property = fc.asyncProperty(trees, fc.infiniteStream(fc.nat(1 << 20)), async (tree, random) => {
    await using folder = await temporaryFolder()
    const release = releaseOf(tree)
    const { spans } = release.manifest
    const next = (below: number): number => (random.next().value as number) % below
    for (let round = 0; ; round++) {
      await using store = await openStore(folder.path)
      await using staging = await store.stage(release.manifest, { signal: NEVER })
      const missing = [...Array(spans.count).keys()].flatMap((span) => staging.missingChunks(span))
      const enough = round > 3 ? missing.length : next(missing.length + 1)
      const order = missing.map((chunk) => ({ chunk, key: next(1000) })).sort((a, b) => a.key - b.key)
      await Promise.all(
        order
          .slice(0, enough)
          .map(({ chunk }) => staging.writeChunks(spans.spanOf(chunk), [chunk], release.bytesOf([chunk]))),
      )
      if (!staging.complete) continue
      await staging.finish()
      expect(await readTree(join(folder.path, 'releases', release.manifest.id))).toEqual(describeTree(tree))
      return
    }
  })
  await fc.assert(property, { numRuns: 40 })
})
