import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { formatColumns, visibleWidth } from './columns.ts'
import { nearestName } from './nearest.ts'
import { createOutput, fitLine, type TextStream } from './output.ts'
import { createProgress } from './progress.ts'
import { chooseColor } from './style.ts'

function captured(options: { isTTY?: boolean; columns?: number } = {}): { stream: TextStream; text: () => string } {
  const stream = Object.assign(new PassThrough(), options)
  const parts: string[] = []
  stream.on('data', (part: Buffer) => parts.push(part.toString()))
  return { stream, text: () => parts.join('') }
}

function outputTo(options: { json?: boolean; quiet?: boolean; isTTY?: boolean }) {
  const out = captured()
  const messages = captured({ isTTY: options.isTTY ?? false, columns: 60 })
  return { out, messages, output: createOutput(options, { out: out.stream, messages: messages.stream }) }
}

describe('columns', () => {
  it('aligns text left and numbers right, whatever the colours', () => {
    const rows = [
      ['RING', 'DONE'],
      ['\x1b[32mcanary\x1b[39m', '7'],
      ['日本', '1,000'],
    ]
    expect(formatColumns(rows, { right: [1] })).toBe(
      ['RING     DONE', '\x1b[32mcanary\x1b[39m      7', '日本    1,000'].join('\n'),
    )
  })

  it('counts wide and composed characters as the screen shows them', () => {
    expect([visibleWidth('日本'), visibleWidth('e\u0301'), visibleWidth('\x1b[1mab\x1b[22m')]).toEqual([4, 1, 2])
  })
})

describe('output', () => {
  it('keeps stdout for records when json, one a line, each with v and type', () => {
    const { out, messages, output } = outputTo({ json: true })
    output.note('working')
    output.record('listening', { url: 'http://x' })
    output.summary({ ok: true }, 'never shown')
    const records = out
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(records).toEqual([
      { v: 1, type: 'listening', url: 'http://x' },
      { v: 1, type: 'summary', ok: true },
    ])
    expect(messages.text()).toBe('working\n')
  })

  it('writes answers to stdout and notes to stderr for people', () => {
    const { out, messages, output } = outputTo({})
    output.note('working')
    output.record('step', {})
    output.document({ a: 1 }, 'a is 1')
    expect([out.text(), messages.text()]).toEqual(['a is 1\n', 'working\n'])
  })

  it('prints answers only when quiet', () => {
    const { out, messages, output } = outputTo({ quiet: true })
    output.note('working')
    output.document({}, 'answer')
    output.summary({}, 'done')
    createProgress(output, 'scan').end('x')
    expect([out.text(), messages.text()]).toEqual(['answer\n', ''])
  })

  it('cuts a line to the width of the terminal', () => {
    expect(fitLine('abcdefghij', captured({ columns: 6 }).stream)).toBe('abcd…')
    expect(fitLine('abc', captured({ columns: 6 }).stream)).toBe('abc')
  })
})

describe('progress', () => {
  it('prints a line per 10 % off a terminal', () => {
    const { messages, output } = outputTo({})
    let nowMs = 0
    const progress = createProgress(output, 'chunk', () => nowMs)
    for (let done = 0; done <= 100; done++) {
      nowMs = done * 200
      progress.update({ done, total: 100, text: `${done} MB` })
    }
    progress.end('100 chunks')
    const lines = messages.text().trimEnd().split('\n')
    expect(lines).toHaveLength(11)
    expect(lines[0]).toBe('chunk    10%  10 MB')
    expect(lines[10]).toMatch(/^chunk +100 chunks +20s$/)
  })

  it('prints one line for what is quick', () => {
    const { messages, output } = outputTo({})
    const progress = createProgress(output, 'verify', () => 0)
    for (let done = 0; done <= 100; done++) progress.update({ done, total: 100 })
    progress.end('ok')
    expect(messages.text().trimEnd().split('\n')).toHaveLength(1)
  })

  it('prints a line after 30 s when little moves', () => {
    const { messages, output } = outputTo({})
    let nowMs = 0
    const progress = createProgress(output, 'upload', () => nowMs)
    progress.update({ done: 1, total: 100 })
    nowMs = 31_000
    progress.update({ done: 2, total: 100 })
    expect(messages.text()).toBe('upload    2%\n')
  })

  it('rewrites one line on a terminal, ten times a second at most', () => {
    const { messages, output } = outputTo({ isTTY: true })
    let nowMs = 0
    const progress = createProgress(output, 'chunk', () => nowMs)
    progress.update({ done: 1, total: 2 })
    nowMs = 50
    progress.update({ done: 1, total: 2 })
    nowMs = 150
    progress.update({ done: 2, total: 2 })
    expect(messages.text().split('\r\x1b[2K')).toEqual([
      '',
      'chunk   [████████████············]  50%  ',
      'chunk   [████████████████████████] 100%  ',
    ])
  })
})

describe('colour', () => {
  it('lets --color outrank both variables', () => {
    const env: NodeJS.ProcessEnv = { FORCE_COLOR: '3' }
    chooseColor('never', env)
    expect(env).toEqual({ NO_COLOR: '1' })
    chooseColor('always', env)
    expect(env).toEqual({ FORCE_COLOR: '1' })
  })
})

describe('nearestName', () => {
  it('finds a near miss and keeps quiet about a far one', () => {
    expect(nearestName('prodct', ['product', 'channel'])).toBe('product')
    expect(nearestName('zzz', ['product', 'channel'])).toBeUndefined()
  })
})
