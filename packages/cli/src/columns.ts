import { stripVTControlCharacters } from 'node:util'

/** Aligns rows into columns two spaces apart; `right` names the columns that hold numbers. Colours do not count as width. */
export function formatColumns(
  rows: readonly (readonly string[])[],
  options: { right?: readonly number[] } = {},
): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, visibleWidth(cell))))
  return rows.map((row) => formatRow(row, widths, options.right ?? [])).join('\n')
}

/** Pads to a width as seen on screen. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const space = ' '.repeat(Math.max(0, width - visibleWidth(text)))
  return side === 'left' ? space + text : text + space
}

export function visibleWidth(text: string): number {
  const plain = stripVTControlCharacters(text).normalize('NFC')
  let width = 0
  for (const character of plain) width += isWide(character) ? 2 : 1
  return width
}

function formatRow(row: readonly string[], widths: readonly number[], right: readonly number[]): string {
  const cells = row.map((cell, at) => pad(cell, widths[at] ?? 0, right.includes(at) ? 'left' : 'right'))
  return cells.join('  ').trimEnd()
}

function isWide(character: string): boolean {
  return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u.test(
    character,
  )
}
