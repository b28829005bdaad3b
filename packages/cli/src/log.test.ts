import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LOG_DEPTH_MAX, LOG_ITEMS_MAX, LOG_STRING_CHARACTERS_MAX } from './limits.ts'
import { cleanField, cleanText } from './log-fields.ts'

const INDEX = new URL('./index.ts', import.meta.url).href

/** What a program that logs so writes off a terminal, a line each. */
function logged(level: string, statements: string): unknown[] {
  const program = `
    const { createLog } = await import('${INDEX}')
    const events = { 'report-unsent': 'warn', fault: 'error', met: 'debug' }
    const log = createLog(events, { level: '${level}', name: 'test' })
    ${statements}
  `
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

describe('a log line', () => {
  it('is an event as loud as it is known to be, with what an error was and what caused it', () => {
    const cause = `Object.assign(new Error('the disk is gone'), { code: 'EIO' })`
    const lines = logged(
      'info',
      `const error = new Error('not written', { cause: ${cause} })
      log('report-unsent', { error })
      log('met', { peer: 'somebody' })
      log('fault', { error })`,
    )
    const error = { type: 'Error', code: 'EIO', message: 'not written: the disk is gone' }
    expect(lines).toEqual([
      { level: 40, time: expect.any(Number), name: 'test', msg: 'report-unsent', error },
      {
        ...{ level: 50, time: expect.any(Number), name: 'test', msg: 'fault' },
        error: { ...error, stack: expect.stringMatching(/^Error\n {4}at .*\nError\n {4}at /s) },
      },
    ])
  })

  it('lets nobody write to the terminal, or pretend to be another line', () => {
    const error = new Error('\u001b[2J\u202egone\n    at nowhere')
    const { message, stack } = cleanField(error, { stacks: true }) as { message: string; stack: string }
    expect(message).toBe('\\u{1b}[2J\\u{202e}gone\\u{a}    at nowhere')
    expect(stack).not.toContain('\u001b')
    expect(cleanText('zażółć 船 😀')).toBe('zażółć 船 😀')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
      }),
    )
  })

  it('is bounded, whatever is in it', () => {
    const long = cleanText('x'.repeat(10 * LOG_STRING_CHARACTERS_MAX))
    expect(long).toBe(`${'x'.repeat(LOG_STRING_CHARACTERS_MAX)}…`)
    const options = { stacks: true }
    expect(cleanField(new Array(1_000).fill(1), options)).toHaveLength(LOG_ITEMS_MAX)
    expect(
      Object.keys(cleanField(Object.fromEntries([...Array(1_000).keys()].entries()), options) as object),
    ).toHaveLength(LOG_ITEMS_MAX)
    const loop: { next?: object } = {}
    loop.next = loop
    expect(JSON.stringify(cleanField(loop, options)).match(/next/g)).toHaveLength(LOG_DEPTH_MAX)
    const turning = new Error('again')
    turning.cause = turning
    expect(cleanField(turning, options)).toMatchObject({ message: expect.stringMatching(/^again: again/) })
    expect(cleanField({ at: new URL('http://a.example'), none: undefined, n: 1n, no: null }, options)).toEqual({
      ...{ at: 'http://a.example/', none: undefined, n: 1n, no: null },
    })
  })
})
