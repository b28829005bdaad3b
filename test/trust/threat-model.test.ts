/** Holds docs/threat-model.md and the tests of attacks to each other. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ATTACKS = join(import.meta.dirname, 'attacks')
const DOCUMENT = join(import.meta.dirname, '../../docs/threat-model.md')
const PACKAGES = join(import.meta.dirname, '../../packages')

interface Row {
  attack: string
  /** Files, below packages/. */
  decidedIn: string[]
  /** Names of tests. */
  shownBy: string[]
}

function readRows(): Row[] {
  const lines = readFileSync(DOCUMENT, 'utf8').split('\n')
  const cells = lines.filter((line) => line.startsWith('| ')).map((line) => line.split('|').map((cell) => cell.trim()))
  const quoted = (cell = ''): string[] => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name)
  return cells.slice(2).map(([, attack = '', , decidedIn, shownBy]) => ({
    attack,
    decidedIn: quoted(decidedIn),
    shownBy: quoted(shownBy),
  }))
}

const TITLE = /^( *)(describe|it)(?:\.concurrent)?(?:\.each\(.*?\))?\(\s*'([^']+)'/gms

/** Attack → the names of its tests, as the document writes them: `…` for what stands for several. */
function readTests(): Map<string, string[]> {
  const tests = new Map<string, string[]>()
  for (const file of readdirSync(ATTACKS).filter((name) => name.endsWith('.test.ts'))) {
    let attack = ''
    for (const [, , kind, title = ''] of readFileSync(join(ATTACKS, file), 'utf8').matchAll(TITLE)) {
      if (kind === 'describe') attack = title
      tests.set(attack, tests.get(attack) ?? [])
      if (kind === 'it') tests.get(attack)?.push(`${attack} ${title.replaceAll('%s', '…')}`)
    }
  }
  return tests
}

const rows = readRows()
const tests = readTests()
const names = [...tests.values()].flat()

describe('the threat model', () => {
  it('has a test in every row, and every test that it names exists', () => {
    expect(rows.length).toBeGreaterThan(15)
    for (const { attack, shownBy } of rows) {
      expect(shownBy, attack).not.toEqual([])
      for (const name of shownBy) expect(names).toContain(name)
    }
  })

  it('has a row for every attack that there is a test of', () => {
    const shown = new Set(rows.flatMap(({ shownBy }) => shownBy))
    for (const [attack, ofAttack] of tests) {
      expect(ofAttack, attack).not.toEqual([])
      expect(
        ofAttack.some((name) => shown.has(name)),
        attack,
      ).toBe(true)
    }
  })

  it('names places in the code that exist', () => {
    const places = rows.map(({ decidedIn }) => decidedIn)
    for (const decidedIn of places) expect(decidedIn).not.toEqual([])
    for (const place of places.flat()) expect(existsSync(join(PACKAGES, place)), place).toBe(true)
  })
})
