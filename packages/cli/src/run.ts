import { CommanderError, type Command } from 'commander'
import { CliError, type Explanation } from './error.ts'
import { EXIT } from './exit.ts'
import { isShutdown, shutdownSignal } from './shutdown.ts'
import { style } from './style.ts'
import { explainSystemError } from './system-error.ts'

/**
 * Runs a program to its end, and that of the process: parses, runs the command, prints its error, sets the exit code. `explain` translates the
 * program's own errors. An interrupted command that rejects exits 130; one that stops cleanly and resolves exits 0.
 * @param argv as in process.argv
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  explain: (error: unknown) => Explanation | undefined,
): Promise<void> {
  ignoreClosedPipes()
  try {
    await program.parseAsync(argv[2] === '--version' ? [...argv.slice(0, 2), '-V'] : argv)
  } catch (error) {
    // Help or version was asked for, or nothing was: it is printed already.
    if (error instanceof CommanderError && error.exitCode === 0) process.exitCode = 0
    else if (error instanceof CommanderError && error.code === 'commander.help') process.exitCode = EXIT.usage
    else
      report(
        explainAny(error, explain, () => commandPath(program, argv)),
        argv.includes('--json'),
        error,
      )
  }
  await Promise.all([process.stdout, process.stderr].map(printed))
  // The command has ended and stopped all that it started; timers that libraries leave behind would hold the process for a second more.
  process.exit()
}

/** Resolves when all that was written to it is with whoever reads, or nobody does. */
async function printed(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writable) return
  const { promise, resolve } = Promise.withResolvers<undefined>()
  stream.write('', () => resolve(undefined))
  await promise
}

function explainAny(
  error: unknown,
  explain: (error: unknown) => Explanation | undefined,
  path: () => string,
): Explanation {
  if (isShutdown(error)) return shutdownSignal().reason as CliError
  if (error instanceof CliError) return error
  if (error instanceof CommanderError) return explainUsage(error, path())
  const message = error instanceof Error ? error.message : String(error)
  return (
    explain(error) ??
    explainSystemError(error) ?? {
      code: 'INTERNAL',
      exit: EXIT.failure,
      message,
      fix: 'this is a fault of the program: run it again with SHOAL_DEBUG=1 and report what it prints',
    }
  )
}

/** commander puts its suggestion in brackets on a line of its own. */
function explainUsage(error: CommanderError, path: string): Explanation {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n')
  const suggestion = /^\(Did you mean (.*)\?\)$/.exec(rest.join(' ').trim())?.[1]
  const help = `see '${path} --help'`
  const fix = suggestion === undefined ? help : `did you mean ${suggestion}? Else ${help}`
  return { code: 'USAGE', exit: EXIT.usage, message: first, fix }
}

function commandPath(program: Command, argv: readonly string[]): string {
  let command = program
  const names = [program.name()]
  for (const word of argv.slice(2)) {
    const next = command.commands.find((candidate) => candidate.name() === word)
    if (next === undefined) continue
    names.push(next.name())
    command = next
  }
  return names.join(' ')
}

function report(explanation: Explanation, json: boolean, error: unknown): void {
  const { code, exit, message, fix } = explanation
  process.exitCode = exit
  process.stderr.write(
    `${style('red', 'error', process.stderr)}  ${code}  ${message}\n       ${style('bold', 'fix:', process.stderr)} ${fix}\n`,
  )
  if (process.env['SHOAL_DEBUG'] !== undefined && error instanceof Error) console.error(error)
  if (json) process.stdout.write(`${JSON.stringify({ v: 1, type: 'error', code, exit, message, fix })}\n`)
}

/** `… | head -1` closes our stdout: the work goes on, and what would be printed is dropped. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}
