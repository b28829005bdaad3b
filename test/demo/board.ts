/** The live picture of a wave: a line per peer whose bar shows by colour and glyph where the bytes came from. Pure. */
import { formatBytes, formatDuration, pad, type Style } from '@shoal/cli'
import type { Row } from './row.ts'
import { SOURCES } from './sources.ts'

export type Paint = (style: Style, text: string) => string

const RATE_WIDTH = 9
const SHARE_WIDTH = 4
const BAR_MAX = 60
const BAR_MIN = 8

export function renderBoard(rows: readonly Row[], paint: Paint, width: number): string[] {
  const nameWidth = Math.max(4, ...rows.map((row) => row.name.length))
  const siteWidth = Math.max(4, ...rows.map((row) => row.site.length))
  const sharesWidth = SOURCES.reduce((sum, { title }) => sum + 2 + shareWidth(title), 0)
  const fixed = nameWidth + 2 + siteWidth + 2 + 1 + 4 + 2 + RATE_WIDTH + sharesWidth
  const barWidth = Math.max(BAR_MIN, Math.min(BAR_MAX, width - 1 - fixed))
  const head = [
    pad('PEER', nameWidth),
    '  ',
    pad('SITE', siteWidth),
    '  ',
    pad('', barWidth + 1),
    'DONE  ',
    pad('RATE', RATE_WIDTH, 'left'),
    ...SOURCES.map(({ title }) => `  ${pad(title, shareWidth(title), 'left')}`),
  ]
  const lines = rows.map((row) => [
    paint('bold', pad(row.name, nameWidth)),
    '  ',
    pad(row.site, siteWidth),
    '  ',
    bar(row, paint, barWidth),
    ' ',
    row.totalBytes === 0 ? '    ' : `${Math.floor(share(row.doneBytes, row) * 100)}%`.padStart(4),
    '  ',
    activity(row, paint),
    ...SOURCES.map(({ title, style, of }) => {
      const part = row.bytes === undefined ? 0 : share(of(row.bytes), row)
      const text = pad(formatShare(part), shareWidth(title), 'left')
      return `  ${part === 0 ? paint('dim', text) : paint(style, text)}`
    }),
  ])
  return [paint('dim', head.join('')), ...lines.map((line) => line.join('')), footer(rows, paint)]
}

/** For output that is no terminal: all peers in one line. */
export function renderPlain(rows: readonly Row[]): string {
  const parts = rows.map((row) => `${row.name} ${row.totalBytes === 0 ? row.state : percent(row.doneBytes, row)}`)
  return [...parts, `${formatBytes(sum(rows, (row) => row.rate))}/s`, copies(rows)].join('  ')
}

function shareWidth(title: string): number {
  return Math.max(SHARE_WIDTH, title.length)
}

function formatShare(part: number): string {
  if (part === 0) return '·'
  return part < 0.005 ? '<1%' : `${Math.round(part * 100)}%`
}

function bar(row: Row, paint: Paint, width: number): string {
  const { bytes } = row
  let drawn = 0
  let done = 0
  let text = ''
  if (bytes !== undefined) {
    for (const { of, glyph, style } of SOURCES) {
      done += share(of(bytes), row)
      const end = Math.min(width, Math.round(done * width))
      text += paint(style, glyph.repeat(Math.max(0, end - drawn)))
      drawn = Math.max(drawn, end)
    }
  }
  return text + paint('dim', '·'.repeat(width - drawn))
}

function activity(row: Row, paint: Paint): string {
  if (row.installed !== undefined)
    return paint('green', pad(`✓ ${formatDuration(row.installed.elapsedMs)}`, RATE_WIDTH, 'left'))
  if (row.state === 'retrying') return paint('red', pad('retrying', RATE_WIDTH, 'left'))
  if (row.state !== 'fetching' || row.totalBytes === 0) return paint('dim', pad(row.state, RATE_WIDTH, 'left'))
  return pad(`${formatBytes(row.rate)}/s`, RATE_WIDTH, 'left')
}

function footer(rows: readonly Row[], paint: Paint): string {
  const failing = rows.find((row) => row.state === 'retrying')
  if (failing !== undefined) return paint('red', `${failing.name} ${failing.failure ?? ''}`)
  const rate = sum(rows, (row) => row.rate)
  return paint('dim', `${copies(rows)}${rate > 0 ? `; together ${formatBytes(rate)}/s` : ''}`)
}

function copies(rows: readonly Row[]): string {
  const whole = Math.max(1, ...rows.map((row) => row.totalBytes))
  const sent = sum(rows, (row) => row.bytes?.origin ?? 0) / whole
  return `origin: ${sent.toFixed(2)} copies for ${rows.length} peers`
}

function share(count: number, row: Row): number {
  return row.totalBytes === 0 ? 0 : Math.min(1, count / row.totalBytes)
}

function percent(count: number, row: Row): string {
  return `${Math.floor(share(count, row) * 100)}%`
}

function sum(rows: readonly Row[], of: (row: Row) => number): number {
  return rows.reduce((total, row) => total + of(row), 0)
}
