import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Half of what a short command costs is compiling it; node keeps entries apart by content. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url))
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface CommandResult {
  exit: number | null
  /** One for each line of stdout, when all are JSON. */
  records: Record<string, unknown>[]
  stdout: string
  stderr: string
}

/** Starts the real program, under this Node. */
export function startSeeder(args: readonly string[], options: { uid?: number } = {}): ChildProcess {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE }
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env, ...options })
}

export async function runSeeder(args: readonly string[], options: { uid?: number } = {}): Promise<CommandResult> {
  return finish(startSeeder(args, options))
}

export async function finish(child: ChildProcess): Promise<CommandResult> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [exit] = (await once(child, 'close')) as [number | null]
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'))
  return { exit, stdout, stderr, records: lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}
