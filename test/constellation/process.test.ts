import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { canBeMortal } from '@shoal/cli/fixture/mortal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startProgram, type Program } from './process.ts'

interface Records {
  tick: { count: number }
  error: { code: string; message: string }
}

let folder: string
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'shoal-process-'))))
afterAll(() => rm(folder, { recursive: true }))

const PRINT = 'const print = (type, fields) => console.log(JSON.stringify({ v: 1, type, ...fields }));'
const STAY = 'setInterval(() => {}, 1000);'

function start(code: string): Program<Records> {
  const logFile = join(folder, 'program.log')
  return startProgram<Records>({ name: 'sample', args: ['-e', PRINT + code], env: process.env, logFile })
}

describe('a program', () => {
  it('hands out a record that came before anybody asked', async () => {
    await using program = start(`print('tick', { count: 1 }); print('tick', { count: 2 }); ${STAY}`)
    await program.until('tick', { timeoutMs: 20_000, where: ({ count }) => count === 2 })
    expect(await program.until('tick', { timeoutMs: 1 })).toMatchObject({ count: 1 })
    expect(program.latest('tick')).toMatchObject({ count: 2 })
  })

  it('ends the records when the process ends, and keeps what it printed', async () => {
    await using program = start(
      `for (let count = 0; count < 3; count++) print('tick', { count }); console.error('bye')`,
    )
    const counts: number[] = []
    for await (const record of program.records()) if (record.type === 'tick') counts.push(record.count)
    expect(counts).toEqual([0, 1, 2])
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect(await readFile(join(folder, 'program.log'), 'utf8')).toContain('bye')
  })

  it('fails whoever waits when it dies, with the end of its stderr', async () => {
    await using program = start(`console.error('no disk left'); process.exitCode = 3`)
    await expect(program.until('tick', { timeoutMs: 20_000 })).rejects.toThrow(
      /sample ended with exit code 3\s+no disk left/,
    )
  })

  it('says which error it ended with', async () => {
    await using program = start(
      `print('error', { code: 'NOT_FOUND', message: 'no such release' }); process.exitCode = 6`,
    )
    await expect(program.until('tick', { timeoutMs: 20_000 })).rejects.toThrow(
      'exit code 6: NOT_FOUND, no such release',
    )
  })

  it('says what came last when a record is late', async () => {
    await using program = start(`print('tick', { count: 7 }); ${STAY}`)
    await program.until('tick', { timeoutMs: 20_000 })
    const late = program.until('tick', { timeoutMs: 10, where: ({ count }) => count === 8 })
    await expect(late).rejects.toThrow(/no 'tick' record in 0.01 s; its last record: .*"count":7/)
  })

  it('names a line on stdout that is no record', async () => {
    await using program = start(`console.log('hello'); process.exitCode = 1`)
    await expect(program.until('tick', { timeoutMs: 20_000 })).rejects.toThrow('not a record, on stdout: hello')
  })

  it('is killed as asked, and gone when disposed of', async () => {
    const killed = start(STAY)
    expect(await killed.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    const disposed = start(`print('tick', { count: 1 }); ${STAY}`)
    await disposed.until('tick', { timeoutMs: 20_000 })
    await disposed[Symbol.asyncDispose]()
    expect(() => process.kill(disposed.pid, 0)).toThrow('ESRCH')
  })

  it('does not outlive a parent that is killed', async ({ skip }) => {
    if (!canBeMortal) skip('no setpriv on this machine')
    const code = `require('net').createServer().listen(0, '127.0.0.1', function () { ${PRINT} print('tick', { count: this.address().port }) })`
    const options = { name: 'sample', args: ['-e', code], env: process.env, logFile: join(folder, 'orphan.log') }
    const parent = `import { startProgram } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))}
      const program = startProgram(${JSON.stringify(options)})
      console.log((await program.until('tick', { timeoutMs: 20_000 })).count)`
    const args = ['--input-type=module', '-e', parent]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [port] = (await once(createInterface(child.stdout), 'line')) as [string]
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    const ended = once(socket.resume(), 'close')
    child.kill('SIGKILL')
    await ended
  })
})
