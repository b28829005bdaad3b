/** `npm run fuzz`: every decoder of what remotes send, for as long as wanted. */
import { parseArgs } from 'node:util'
import { EXIT, formatBytes } from '@shoal/cli'
import { soak, type SoakReport } from './soak.ts'
import type { Target } from './target.ts'
import { TARGETS } from './targets.ts'
import { startWatchdog } from './watchdog.ts'

const HELP = `usage: npm run fuzz -- [NAME…] [--seconds 300] [--seed N]

Changes valid bytes and reads them, decoder by decoder. The same seed gives the same inputs.

  --seconds N   for each decoder; 300 by default
  --seed N      another run than the default one
  --help        this text

${TARGETS.map(({ name }) => name).join('\n')}
`

const HEADINGS = ['decoder', 'seconds', 'rounds', 'a second', 'taken', 'outcomes', 'slowest', 'largest', 'held', 'peak']

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '300' },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      process.stdout.write(HELP)
      return EXIT.ok
    }
    return await fuzzAll(choose(positionals), readCount(values.seconds), readCount(values.seed))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    return EXIT.usage
  }
}

/** @returns the exit code */
async function fuzzAll(targets: readonly Target[], seconds: number, seed: number): Promise<number> {
  await using watchdog = startWatchdog()
  let code: number = EXIT.ok
  writeRow(HEADINGS)
  for (const target of targets) {
    try {
      writeRow(rowOf(target.name, await soak(target, { seed, watchdog, ms: seconds * 1_000 })))
    } catch (error) {
      const { stack = '', cause } = error as Error
      process.stderr.write(`${stack}\n${cause instanceof Error ? (cause.stack ?? '') : ''}\n`)
      code = EXIT.failure
    }
  }
  return code
}

function choose(names: readonly string[]): readonly Target[] {
  if (names.length === 0) return TARGETS
  return names.map((name) => {
    const target = TARGETS.find((each) => each.name === name)
    if (target === undefined) throw new Error(`no decoder is called ${name}; see npm run fuzz -- --help`)
    return target
  })
}

function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${text} is no whole number`)
  return Number(text)
}

function rowOf(name: string, report: SoakReport): string[] {
  const { rounds, ms, taken, outcomes, slowestCpuMs, largestBytes, heldBytes, residentMaxBytes } = report
  return [
    name,
    (ms / 1_000).toFixed(0),
    String(rounds),
    (rounds / (ms / 1_000)).toFixed(0),
    String(taken),
    String(outcomes),
    `${slowestCpuMs.toFixed(1)} ms`,
    formatBytes(largestBytes),
    formatBytes(Math.max(0, heldBytes)),
    formatBytes(residentMaxBytes),
  ]
}

function writeRow([name = '', ...cells]: readonly string[]): void {
  process.stdout.write(`${name.padEnd(20)}${cells.map((cell) => cell.padStart(11)).join('')}\n`)
}
