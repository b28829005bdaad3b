import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// The way out of a process shows only from outside it, so these tests start one.
const PROGRAM = `
import { addExamples, CliError, createOutput, createProgram, runProgram, shutdownSignal } from '${new URL('./index.ts', import.meta.url).href}'
const program = createProgram('demo', 'A demonstration', '1.2.3')
addExamples(program.command('greet').argument('<name>').option('--json').option('--loud'), [['say hello', 'demo greet you']])
  .action((name, options) => createOutput(options).document({ name }, 'hello ' + name))
program.command('fail').argument('<how>').option('--json').action((how) => {
  if (how === 'known') throw new CliError('BROKEN', 5, 'it is broken', 'mend it')
  if (how === 'own') throw new RangeError('own')
  if (how === 'system') throw Object.assign(new Error('x'), { code: 'ENOSPC', path: '/data' })
  throw new Error('surprise')
})
program.command('flood').action(() => { for (let i = 0; i < 20000; i++) process.stdout.write('line ' + i + '\\n') })
program.command('leave').option('--json').action(() => { setInterval(() => {}, 1000); console.log('done') })
program.command('wait').option('--json').action(() => new Promise((_, reject) => {
  const signal = shutdownSignal()
  const alive = setInterval(() => {}, 1000)
  signal.addEventListener('abort', () => { clearInterval(alive); reject(signal.reason) })
  console.log('waiting')
}))
await runProgram(program, process.argv, (e) => e instanceof RangeError ? { code: 'OWN', exit: 4, message: 'explained', fix: 'none' } : undefined)
`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-cli-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'src'))
  const launcher = new URL('../launch.js', import.meta.url).href
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'src/main.ts'), PROGRAM)
  writeFileSync(
    join(folder, 'bin/demo.js'),
    `import { launch } from '${launcher}'\nawait launch(import.meta.url, 'main')\n`,
  )
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function demo(...args: string[]) {
  const env = { ...process.env }
  delete env['NO_COLOR']
  delete env['FORCE_COLOR']
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin/demo.js'), ...args], {
    encoding: 'utf8',
    env,
  })
  return { status, stdout, stderr }
}

describe('runProgram', () => {
  it('answers a query on stdout and exits 0', () => {
    expect(demo('greet', 'you')).toEqual({ status: 0, stdout: 'hello you\n', stderr: '' })
    expect(JSON.parse(demo('greet', 'you', '--json').stdout)).toEqual({ v: 1, type: 'document', name: 'you' })
  })

  it('ends with its command, whatever timers a library has left behind', () => {
    expect(demo('leave')).toEqual({ status: 0, stdout: 'done\n', stderr: '' })
  })

  it('prints help with examples and the version, and exits 0', () => {
    expect(demo('greet', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('# say hello\n  demo greet you'),
    })
    expect(demo('--version')).toMatchObject({ status: 0, stdout: '1.2.3\n' })
  })

  it.each([
    [
      ['greet', 'you', '--lod'],
      "error  USAGE  unknown option '--lod'\n       fix: did you mean --loud? Else see 'demo greet --help'\n",
    ],
    [['gret'], "error  USAGE  unknown command 'gret'\n       fix: did you mean greet? Else see 'demo --help'\n"],
    [['greet'], "error  USAGE  missing required argument 'name'\n       fix: see 'demo greet --help'\n"],
  ])('exits 2 with a suggestion for %o', (args, stderr) => {
    expect(demo(...args)).toEqual({ status: 2, stdout: '', stderr })
  })

  it('exits 2 with the help when no command is given', () => {
    expect(demo()).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage: demo') })
  })

  it.each([
    ['known', 5, 'BROKEN', 'it is broken'],
    ['own', 4, 'OWN', 'explained'],
    ['system', 1, 'DISK_FULL', 'no space left while writing /data'],
    ['other', 1, 'INTERNAL', 'surprise'],
  ])('reports an error that is %s, and ends --json with an error record', (how, exit, code, message) => {
    const { status, stdout, stderr } = demo('fail', how, '--json')
    expect(status).toBe(exit)
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, type: 'error', code, exit, message })
    expect(stderr).toContain(`error  ${code}  ${message}\n       fix: `)
  })

  it('colours errors when told to', () => {
    expect(demo('--color', 'always', 'fail', 'known').stderr).toContain('\x1b[31merror\x1b[39m')
  })

  it('survives that its stdout is closed', async () => {
    const child = spawn(process.execPath, [join(folder, 'src/main.ts'), 'flood'], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.once('data', () => child.stdout.destroy())
    let stderr = ''
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
    expect(await once(child, 'close')).toEqual([0, null])
    expect(stderr).toBe('')
  })

  it('exits 130 when a signal stops the work', async () => {
    const child = spawn(process.execPath, [join(folder, 'bin/demo.js'), 'wait', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    child.stdout.on('data', (part: Buffer) => {
      stdout += part.toString()
      if (stdout === 'waiting\n') child.kill('SIGINT')
    })
    expect(await once(child, 'close')).toEqual([130, null])
    expect(stdout).toContain('"code":"INTERRUPTED","exit":130')
  })
})
