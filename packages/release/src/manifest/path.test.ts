import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSymlink, comparePaths } from './path.ts'
import { checkTree, foldPath } from './tree.ts'

const bytes = (text: string): Buffer => Buffer.from(text)

test('paths are in the order of their bytes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 8 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(bytes(a), bytes(b)))
    }),
    { numRuns: 2000 },
  )
})

test('names that meet under case or Unicode form fold alike', () => {
  for (const [a, b] of [
    ['README', 'readme'],
    ['Ärger', 'a\u0308rger'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['straße', 'STRASSE'],
    ['\u212a', 'k'],
    ['\ufb03', 'ffi'],
  ] as const) {
    expect(foldPath(a)).toBe(foldPath(b))
  }
  expect(foldPath('a')).not.toBe(foldPath('á'))
})

test('checkTree takes entries in any order', () => {
  expect(() =>
    checkTree([
      { kind: 'file', path: 'b/c' },
      { kind: 'symlink', path: 'a', target: 'b' },
    ]),
  ).not.toThrow()
  expect(() =>
    checkTree([
      { kind: 'file', path: 'b/c' },
      { kind: 'file', path: 'b' },
    ]),
  ).toThrow('both a file and a folder')
})

/** Follows symlinks the way a file system does; undefined when the way leaves the tree, or goes round. */
function follow(links: ReadonlyMap<string, string>, from: string, steps = 0): string | undefined {
  if (steps > 40) return 'round'
  const done: string[] = []
  const segments = from.split('/').filter((segment) => segment !== '' && segment !== '.')
  for (const [at, segment] of segments.entries()) {
    if (segment === '..') {
      if (done.pop() === undefined) return undefined
      continue
    }
    const target = links.get([...done, segment].join('/'))
    if (target === undefined) done.push(segment)
    else return follow(links, [...done, target, ...segments.slice(at + 1)].join('/'), steps + 1)
  }
  return done.join('/')
}

test('no chain of accepted symlinks leads out of the tree', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
  const target = fc
    .array(fc.constantFrom('..', '..', '.', '', 'a', 'b', 'c', 'd'), { minLength: 1, maxLength: 6 })
    .map((s) => s.join('/'))
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(path, target), { minLength: 1, maxLength: 6 }), (entries) => {
      const links = new Map<string, string>()
      for (const [place, to] of entries) {
        const beneath = [...links.keys()].some(
          (other) => place.startsWith(`${other}/`) || other.startsWith(`${place}/`),
        )
        if (!beneath && passes(() => checkSymlink(place, to))) links.set(place, to)
      }
      accepted += links.size
      for (const place of links.keys()) expect(follow(links, place)).toBeDefined()
    }),
    { numRuns: 3000 },
  )
  expect(accepted).toBeGreaterThan(500)
})

test('a symlink that climbs as far as the root of the tree is accepted, and no further', () => {
  expect(passes(() => checkSymlink('a/b/c', '../..'))).toBe(true)
  expect(passes(() => checkSymlink('a/b/c', '../../..'))).toBe(false)
})

function passes(check: () => void): boolean {
  try {
    check()
    return true
  } catch {
    return false
  }
}
