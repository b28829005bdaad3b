/** Where a constellation stands: its folder, its logs, its processes. All of it is gone when it is disposed. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConstellationError } from './error.ts'
import { HERE, type Place } from './place.ts'
import { startProgram, type Program } from './process.ts'
import type { RecordTypes } from './record-log.ts'

export type ProgramName = 'seeder' | 'tracker' | 'peer'

export interface Ground extends AsyncDisposable {
  readonly dir: string
  readonly logs: string
  /** Starts a program of the project from its sources; it is stopped with the ground at the latest. */
  start<R extends RecordTypes>(program: ProgramName, name: string, args: readonly string[], at?: Place): Program<R>
  /** Runs one to its end and returns its last record; fails with what it said when its exit code is not 0. */
  run<Last extends object>(
    program: ProgramName,
    name: string,
    args: readonly string[],
    variables?: NodeJS.ProcessEnv,
  ): Promise<Last>
}

/** @param logs folder for what the processes print, when it shall outlive the ground */
export async function openGround(logs?: string): Promise<Ground> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-constellation-'))
  const logFolder = logs ?? join(dir, 'logs')
  await mkdir(logFolder, { recursive: true })
  const env = environment(dir)
  const programs = new Set<Program<never>>()
  // A parent that ends without disposing (an uncaught error, process.exit) leaves nothing running.
  const destroyAll = (): void => programs.forEach((program) => program.destroy())
  process.on('exit', destroyAll)

  function start<R extends RecordTypes>(
    program: ProgramName,
    name: string,
    args: readonly string[],
    at: Place = HERE,
    variables: NodeJS.ProcessEnv = {},
  ): Program<R> {
    const [command, ...before] = [...at.via, process.execPath]
    const started = startProgram<R>({
      name,
      command,
      args: [...before, mainOf(program), ...args],
      env: { ...env, ...variables },
      logFile: join(logFolder, `${name}.log`),
    })
    const known = started as unknown as Program<never>
    programs.add(known)
    void started.exited.then(() => programs.delete(known))
    return started
  }

  return {
    dir,
    logs: logFolder,
    start,
    async run<Last extends object>(
      program: ProgramName,
      name: string,
      args: readonly string[],
      variables: NodeJS.ProcessEnv = {},
    ): Promise<Last> {
      const started = start(program, name, args, HERE, variables)
      let last: object | undefined
      for await (const record of started.records()) last = record
      const exit = await started.exited
      if (exit.code === 0 && last !== undefined) return last as Last
      const { code = '', message = `exit code ${exit.code ?? exit.signal ?? 'none'}` } = (last ?? {}) as Said
      throw new ConstellationError('PROGRAM_FAILED', `${name}: ${code} ${message}`)
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...programs].map((program) => program.stop()))
      process.off('exit', destroyAll)
      await rm(dir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

interface Said {
  code?: string
  message?: string
}

function mainOf(program: ProgramName): string {
  return fileURLToPath(new URL(`../../packages/${program}/bin/shoal-${program}.js`, import.meta.url))
}

/** Kept from run to run: with it a program starts in about half the time. */
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url))

/** Nothing of the caller's own configuration gets in, and nothing else is written outside the folder. */
function environment(dir: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([key]) => !/^(SHOAL_|XDG_|FORCE_COLOR$|NODE_OPTIONS$)/.test(key),
  )
  return { NODE_COMPILE_CACHE: COMPILE_CACHE, ...Object.fromEntries(inherited), HOME: dir, NO_COLOR: '1' }
}
