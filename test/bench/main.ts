/** `pnpm bench publish | pair`: figures from real processes, beside what others do on the same machine in the same run. */
import { parseArgs } from 'node:util'
import { EXIT, formatBytes, parseSize } from '@shoal/cli'
import { benchPair, PAIR_COLUMNS } from './pair.ts'
import { benchPublish, PUBLISH_COLUMNS } from './publish.ts'
import { formatTable, type BenchResult, type Column } from './result.ts'

const HELP = `usage: pnpm bench publish [--tree DIR] [--json]
       pnpm bench pair [--size 1GiB] [--json]

publish   a real tree becomes a release: MB/s, CPU, cores used; beside 'casync make'
pair      one peer takes one file from one other over loopback, verified and on disk: MB/s, CPU-seconds per GB of both
          ends; beside libtorrent (python3-libtorrent)

  --tree DIR    what to publish; by default the Node distribution and all packages in node_modules
  --size SIZE   how much to move; 1GiB by default
  --json        one JSON object on stdout instead of the table
  --help        this text

What is not installed to be compared with is said to be skipped.
`

/** Load per core from which on figures are not to be trusted. */
const BUSY_SHARE = 0.3

process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        tree: { type: 'string' },
        size: { type: 'string', default: '1GiB' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    const [scenario, ...rest] = positionals
    if (values.help) {
      process.stdout.write(HELP)
      return EXIT.ok
    }
    const note = (text: string): void => void process.stderr.write(`${text}\n`)
    if (scenario === 'publish' && rest.length === 0) {
      show(await benchPublish(values.tree, note), PUBLISH_COLUMNS, values.json)
      return EXIT.ok
    }
    if (scenario === 'pair' && rest.length === 0) {
      show(await benchPair(parseSize(values.size), note), PAIR_COLUMNS, values.json)
      return EXIT.ok
    }
    process.stderr.write(HELP)
    return EXIT.usage
  } catch (error) {
    process.stderr.write(`error  BENCH_FAILED  ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failure
  }
}

function show(result: BenchResult, columns: readonly Column[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const { cores, cpu, memoryBytes, node, date, loadBefore } = result.params
  const machine = `${String(cores)} cores of ${String(cpu)}, ${formatBytes(Number(memoryBytes))}, node ${String(node)}`
  const ratios = Object.entries(result.ratios).map(([name, value]) => `${name} ${value}`)
  process.stdout.write(`\n${result.scenario}  ${String(date)}  ${machine}\n\n${formatTable(result, columns)}\n\n`)
  process.stdout.write(`ideal: ${String(result.ideal['what'])}\nshoal to others: ${ratios.join(', ')}\n`)
  if (Number(loadBefore) > BUSY_SHARE * Number(cores))
    process.stdout.write(
      `warn: the machine was busy before (load ${String(loadBefore)}); these figures are low for all\n`,
    )
}
