/** One process that prints NDJSON: started, listened to, and certainly stopped. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { mortal } from '@shoal/cli/fixture/mortal'
import { ConstellationError } from './error.ts'
import { RecordLog, type RecordOf, type RecordTypes, type WaitOptions } from './record-log.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Program<R extends RecordTypes> extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** Settles when the process is gone and all that it printed is read. */
  readonly exited: Promise<Exit>
  /** Every record from the first on, then those to come; ends with the process. */
  records(): AsyncGenerator<RecordOf<R>, void, undefined>
  latest<T extends keyof R & string>(type: T): R[T] | undefined
  /** A record that was printed or will be; fails when the process ends without it. */
  until<T extends keyof R & string>(type: T, options: WaitOptions<R[T]>): Promise<R[T]>
  kill(signal: NodeJS.Signals): Promise<Exit>
  /** SIGTERM, and SIGKILL to what does not heed it. */
  stop(): Promise<Exit>
  /** Gone before this returns, without a chance to say anything: for when the parent itself ends. */
  destroy(): void
}

export interface ProgramOptions {
  /** What messages and the log file call it. */
  name: string
  /** Node unless given. */
  command?: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** All that it prints is appended here. */
  logFile: string
}

const STOP_GRACE_MS = 10_000
const STDERR_LINES_KEPT = 12

export function startProgram<R extends RecordTypes>(options: ProgramOptions): Program<R> {
  const { name, command = process.execPath, args, env } = options
  // Its own process group: a Ctrl-C at the terminal reaches the parent alone, which then stops the others in order.
  const child = spawn(...mortal(command, args), { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const log = new RecordLog<R>()
  const logFile = createWriteStream(options.logFile, { flags: 'a' })
  const lastLines: string[] = []
  let exit: Exit | undefined

  const remember = (line: string): void => {
    lastLines.push(line)
    if (lastLines.length > STDERR_LINES_KEPT) lastLines.shift()
  }
  const tail = (): string => (lastLines.length === 0 ? '' : `\n${lastLines.map((line) => `    ${line}`).join('\n')}`)

  createInterface(child.stdout).on('line', (line) => {
    logFile.write(`${line}\n`)
    const record = parseRecord(line)
    if (record === undefined) remember(`not a record, on stdout: ${line}`)
    else log.append(record as RecordOf<R>)
  })
  createInterface(child.stderr).on('line', (line) => {
    logFile.write(`${line}\n`)
    remember(line)
  })
  child.on('error', (error) => remember(error.message))

  const died = (): Error =>
    new ConstellationError('PROGRAM_DIED', `${name} ended with ${describeExit(exit)}${explain(log)}${tail()}`)
  const exited = once(child, 'close').then(
    ([code, signal]: (number | string | null)[]): Exit => {
      exit = { code: code as number | null, signal: signal as NodeJS.Signals | null }
      return exit
    },
    (): Exit => (exit = { code: null, signal: null }),
  )
  const ended = exited.then((result) => {
    log.end(died)
    logFile.end()
    return result
  })

  const kill = async (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal)
    return ended
  }
  const stop = async (): Promise<Exit> => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS)
    try {
      return await kill('SIGTERM')
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    name,
    pid: child.pid ?? 0,
    exited: ended,
    records: () => log.read(),
    latest: (type) => log.latest(type),
    until: (type, wait) => log.until(type, wait, () => tooLate(name, type, wait.timeoutMs, log, tail())),
    kill,
    stop,
    destroy() {
      child.kill('SIGKILL')
    },
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}

function parseRecord(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'type' in value ? value : undefined
  } catch {
    return undefined
  }
}

function describeExit(exit: Exit | undefined): string {
  if (exit?.signal != null) return `signal ${exit.signal}`
  return exit?.code == null ? 'no exit code: it could not be started' : `exit code ${exit.code}`
}

/** What the program said itself of its end: its last record, when that is an error. */
function explain<R extends RecordTypes>(log: RecordLog<R>): string {
  const { last } = log
  if (last?.type !== 'error') return ''
  const { code, message } = last as unknown as { code: string; message: string }
  return `: ${code}, ${message}`
}

function tooLate<R extends RecordTypes>(
  name: string,
  type: string,
  timeoutMs: number,
  log: RecordLog<R>,
  tail: string,
): Error {
  const last = log.last === undefined ? 'none' : JSON.stringify(log.last)
  const message = `${name} printed no '${type}' record in ${timeoutMs / 1000} s; its last record: ${last}${tail}`
  return new ConstellationError('NO_RECORD', message)
}
