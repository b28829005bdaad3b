/** `npm run simulate`: what becomes of a fleet of thousands when a release comes out. */
import { CliError, EXIT, formatBytes, formatDuration } from '@shoal/cli'
import { buildScenario, hasFaults, type Plan } from './fleet.ts'
import { figuresOf, type SimulationFigures } from './figures.ts'
import { HELP, parseOptions } from './options.ts'
import { simulate } from './simulate.ts'
import { formatFigures } from './table.ts'

const NO_FAULTS = { churn: 0, slow: 0, liars: 0, partition: 0 } as const
const PROGRESS_MS = 5_000

process.exitCode = main(process.argv.slice(2))

function main(args: readonly string[]): number {
  try {
    const { plan, json, help } = parseOptions(args)
    if (help) {
      process.stdout.write(HELP)
      return EXIT.ok
    }
    const plain = run({ ...plan, faults: { ...plan.faults, ...NO_FAULTS } }, 'no faults')
    const faulty = hasFaults(plan.faults) ? run(plan, 'faults') : undefined
    const found = { params: plan, figures: plain, ...(faulty === undefined ? {} : { faulty }) }
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : formatFigures(plan, plain, faulty))
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    process.stderr.write(`error  ${error.code}  ${error.message}\n${error.fix}\n`)
    return error.exit
  }
}

/** What depends on the machine goes to stderr. */
function run(plan: Plan, name: string): SimulationFigures {
  const scenario = buildScenario(plan)
  const startedMs = performance.now()
  const cpuBefore = process.cpuUsage()
  let saidMs = startedMs
  const outcome = simulate(scenario, ({ nowMs, complete, spansHeld }) => {
    if (performance.now() - saidMs < PROGRESS_MS) return
    saidMs = performance.now()
    const share = (spansHeld * scenario.spanBytes) / (scenario.peers.length * scenario.sizeBytes)
    process.stderr.write(
      `${name}: ${formatDuration(nowMs)} simulated in ${formatDuration(saidMs - startedMs)}, ${(share * 100).toFixed(1)} % moved, ${complete} complete\n`,
    )
  })
  const { user, system } = process.cpuUsage(cpuBefore)
  const took = `took ${formatDuration(performance.now() - startedMs)}, ${formatDuration((user + system) / 1000)} of CPU`
  process.stderr.write(`${name}: ${took}, ${formatBytes(process.resourceUsage().maxRSS * 1024)} at most\n`)
  return figuresOf(scenario, outcome)
}
