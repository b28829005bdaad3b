import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const INDEX = new URL('./index.ts', import.meta.url).href

it('says what an error was and what caused it, also where it is a field', () => {
  const program = `
    const { createLogger } = await import('${INDEX}')
    const cause = new Error('the disk is gone')
    createLogger({ level: 'info', name: 'test' }).warn({ error: new Error('not written', { cause }) }, 'report-unsent')
  `
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(JSON.parse(stderr)).toMatchObject({
    name: 'test',
    msg: 'report-unsent',
    error: { message: 'not written: the disk is gone' },
  })
})
