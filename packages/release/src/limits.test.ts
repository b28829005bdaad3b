import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as limits from './limits.ts'
import { RULES } from './rules.ts'

const formats = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8')

/** Cells of the rows of the table in a section, without back-ticks. */
function table(section: string): string[][] {
  const text = formats.split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = text.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  )
}

test('docs/formats.md states every limit as it is', () => {
  const stated = Object.fromEntries(table('Limits').map(([name, value]) => [name, Number(value)]))
  expect(stated).toEqual({ ...limits })
})

test('docs/formats.md lists every rule', () => {
  const stated = Object.fromEntries(table('Rules').map(([code, rules]) => [code, rules?.split(', ')]))
  expect(stated).toEqual(RULES)
})
