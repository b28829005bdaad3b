/** `npm run demo`: the main job on real software, shown live. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { EXIT, formatDuration } from '@shoal/cli'
import { startConstellation } from '../constellation/constellation.ts'
import { keepRunning } from './keep.ts'
import { createScreen, type Screen } from './screen.ts'
import { tellStory } from './story.ts'

const HELP = `usage: npm run demo [-- --keep]

A seeder publishes real software (the Node distribution and TypeScript, from node_modules) to an origin on this
machine. A tracker and five peers in two sites, each a process of its own, fetch, verify and install it, mostly from
each other; then the next version is published, and only what changed moves. A third goes out ring by ring, canary first;
a fourth does not work, and is halted there. Takes under two minutes.

  --keep   leave it running at the end, with the addresses and the commands to try, until Ctrl-C
  --help   this text
`

process.exitCode = await main()

async function main(): Promise<number> {
  const flags = readFlags()
  if (typeof flags === 'number') return flags
  const screen = createScreen(process.stdout)
  const logs = await mkdtemp(join(tmpdir(), 'shoal-demo-logs-'))
  const stop = new AbortController()
  const onSignal = (): void => stop.abort(new Error('interrupted'))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  // A terminal that is closed, a pipe that nobody reads: stop in order.
  process.stdout.on('error', onSignal)
  try {
    await show(screen, logs, flags.keep, stop.signal)
    await rm(logs, { recursive: true, force: true })
    return EXIT.ok
  } catch (error) {
    if (stop.signal.aborted) {
      await rm(logs, { recursive: true, force: true })
      screen.line('interrupted; everything is stopped and removed')
      return EXIT.interrupted
    }
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`\nerror  DEMO_FAILED  ${message}\n       fix: the logs of every process are in ${logs}\n`)
    return EXIT.failure
  }
}

async function show(screen: Screen, logs: string, keep: boolean, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  const starting = startConstellation({ logs, rollouts: true })
  await using constellation = await screen.during('starting the origin and the tracker', starting)
  signal.throwIfAborted()
  const { origin, tracker } = constellation
  screen.line(`${screen.paint('bold', 'shoal')}  origin ${origin.url}  tracker ${tracker?.http ?? ''}`)
  const operator = await tellStory(constellation, screen, signal)
  if (keep) await keepRunning(constellation, operator, screen, signal)
  await screen.during('stopping and removing everything', constellation[Symbol.asyncDispose]())
  screen.line(screen.paint('dim', `all in ${formatDuration(performance.now() - startedAt)}; nothing is left running`))
}

function readFlags(): { keep: boolean } | number {
  try {
    const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
    if (values.help !== true) return { keep: values.keep === true }
    process.stdout.write(HELP)
    return EXIT.ok
  } catch (error) {
    process.stderr.write(`error  USAGE  ${(error as Error).message}\n       fix: see npm run demo -- --help\n`)
    return EXIT.usage
  }
}
