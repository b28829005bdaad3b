/** Runs a command of the operator: its own words without a shell, bounded in time and in what is read of its output. */
import { spawn, type ChildProcess } from 'node:child_process'
import { LIMITS } from '../limits.ts'

export interface CommandOptions {
  /** Added to this process's environment. */
  env: Readonly<Record<string, string>>
  timeoutMs: number
  signal: AbortSignal
}

/** `message` says how it ended, with the last of what it printed; `exitCode` is absent where it did not end by itself. */
export type CommandOutcome = { ok: true } | { ok: false; message: string; exitCode?: number }

/**
 * Never rejects for what the command does. At the timeout, and when the signal aborts, the command is killed with all that it started;
 * what it leaves running when it ends by itself goes on.
 */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  { env, timeoutMs, signal }: CommandOptions,
): Promise<CommandOutcome> {
  if (signal.aborted) return { ok: false, message: `${program} was not run: the peer is stopping` }
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    // A group of its own, which can be killed as a whole.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = lastOutputOf(child)
  const { promise, resolve } = Promise.withResolvers<{ how: string; exitCode?: number }>()
  child.once('error', (error) => resolve({ how: `did not start: ${error.message}` }))
  child.once('exit', (exitCode, name) =>
    resolve(
      exitCode === null
        ? { how: `was ended by ${name ?? 'a signal'}` }
        : { how: `ended with exit code ${exitCode}`, exitCode },
    ),
  )
  const timer = setTimeout(() => stop(`did not end within ${timeoutMs / 1_000} s`), timeoutMs)
  const onAbort = (): void => stop('was stopped with the peer')
  signal.addEventListener('abort', onAbort)

  function stop(why: string): void {
    resolve({ how: why })
    killGroup(child)
  }

  const { how, exitCode } = await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', onAbort)
  if (exitCode === 0) return { ok: true }
  const said = await output.settled()
  const message = `${program} ${how}${said === '' ? '' : `: ${said}`}`
  return { ok: false, message, ...(exitCode === undefined ? {} : { exitCode }) }
}

/**
 * Reads on as long as somebody writes, so that a service which the command left behind does not break on a closed pipe; only the end is kept.
 */
function lastOutputOf(child: ChildProcess): { settled(): Promise<string> } {
  let kept = Buffer.alloc(0)
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null)
  for (const stream of streams) {
    stream.on('data', (part: Buffer) => {
      kept = Buffer.concat([kept, part]).subarray(-LIMITS.commandOutputBytesMax)
    })
    stream.on('error', () => undefined)
    // A pipe of a child is a socket, which Node declares as any stream.
    ;(stream as { unref?: () => void }).unref?.()
  }
  const { promise: closed, resolve: close } = Promise.withResolvers<undefined>()
  child.once('close', () => close(undefined))
  return {
    async settled() {
      // What was printed last may still be in the pipe when the end is known; whoever holds it open is not waited for.
      const timer = setTimeout(() => close(undefined), LIMITS.commandDrainMs)
      await closed
      clearTimeout(timer)
      return kept.toString('utf8').trim().replace(/\s+/g, ' ')
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
