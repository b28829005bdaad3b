/** `pnpm bench SCENARIO`: figures from real processes, beside what others do on the same machine in the same run. */
import { parseArgs } from 'node:util'
import { EXIT, formatBytes, parseSize } from '@shoal/cli'
import { benchCrowd, CROWD_COLUMNS, type CrowdPlan } from './crowd.ts'
import { benchLimits, LIMITS_COLUMNS } from './limits.ts'
import { benchMemory, MEMORY_COLUMNS } from './memory.ts'
import { benchPair, PAIR_COLUMNS } from './pair.ts'
import { benchPublish, PUBLISH_COLUMNS } from './publish.ts'
import { parseRate } from './rate.ts'
import { formatTable, type BenchResult, type Column } from './result.ts'
import { benchTracker, formatTracker } from './tracker.ts'

const HELP = `usage: pnpm bench publish [--tree DIR] [--json]
       pnpm bench pair [--size 1GiB] [--json]
       pnpm bench memory [--size 10GB] [--json]
       pnpm bench limits [--rate 3MB] [--json]
       pnpm bench tracker [--json]
       pnpm bench flash-crowd|two-sites|rolling|edge-cache [--peers 8] [--size 100MiB] [--uplink 50Mbit] [--lan 1Gbit] [--json]

publish      a real tree becomes a release: MB/s, CPU, cores used; beside 'casync make'
pair         one peer takes one file from one other over loopback, verified and on disk: MB/s, CPU-seconds per GB of both
             ends; beside the same without lanes, and libtorrent (python3-libtorrent)
memory       most memory that either end of such a transfer ever holds
limits       how exactly limits on uploads, on downloads and on the origin hold: bytes at the receiver's sockets over ten
             seconds as a share of what was allowed; needs Linux and iproute2
tracker      announces and durable signed reports a second, and how long each takes, with 100,000 devices in the store: SQLite, and
             PostgreSQL and opentracker where they are installed
flash-crowd  a release comes out and all peers of a site want it at once: time of the last, copies over the uplink; beside
             libtorrent with the origin as web seed, and one plain download
two-sites    the same with two sites, each behind an uplink of its own
rolling      peers of a site start two seconds apart
edge-cache   two-sites without anybody who introduces them, nginx before the origin; needs nginx besides

  --tree DIR      what to publish; by default the Node distribution and all packages in node_modules
  --size SIZE     how much to move
  --rate SIZE     what the limit allows in a second
  --peers NUMBER  peers of each site
  --uplink RATE   of each site, in either direction
  --lan RATE      of each peer
  --json          one JSON object on stdout instead of the table
  --help          this text

What is not installed to be compared with is said to be skipped. The last four make networks of their own, which needs
root, Linux and iproute2.
`

/** Load per core from which on figures are not to be trusted. */
const BUSY_SHARE = 0.3
const JOIN_EVERY_MS = 2_000

const options = {
  tree: { type: 'string' },
  size: { type: 'string' },
  rate: { type: 'string', default: '3MB' },
  peers: { type: 'string', default: '8' },
  uplink: { type: 'string', default: '50Mbit' },
  lan: { type: 'string', default: '1Gbit' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const
type Flags = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']
type Bench = (flags: Flags, note: (text: string) => void) => Promise<BenchResult>

const SCENARIOS: Readonly<Record<string, { run: Bench; columns: readonly Column[] }>> = {
  publish: { run: ({ tree }, note) => benchPublish(tree, note), columns: PUBLISH_COLUMNS },
  pair: { run: ({ size = '1GiB' }, note) => benchPair(parseSize(size), note), columns: PAIR_COLUMNS },
  memory: { run: ({ size = '10GB' }, note) => benchMemory(parseSize(size), note), columns: MEMORY_COLUMNS },
  limits: { run: ({ rate }, note) => benchLimits(parseSize(rate), note), columns: LIMITS_COLUMNS },
  'flash-crowd': crowd({ scenario: 'flash-crowd', sites: 1, joinEveryMs: 0, edge: false }),
  'two-sites': crowd({ scenario: 'two-sites', sites: 2, joinEveryMs: 0, edge: false }),
  rolling: crowd({ scenario: 'rolling', sites: 1, joinEveryMs: JOIN_EVERY_MS, edge: false }),
  'edge-cache': crowd({ scenario: 'edge-cache', sites: 2, joinEveryMs: 0, edge: true }),
}

// Ended from outside, what was started and made is still taken away.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT.failure))
process.exitCode = await main()

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options })
    const [name = '', ...rest] = positionals
    const scenario = SCENARIOS[name]
    if (name === 'tracker' && !values.help && rest.length === 0) {
      const result = await benchTracker(note)
      process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : formatTracker(result))
      return EXIT.ok
    }
    if (values.help || scenario === undefined || rest.length > 0) {
      const out = values.help ? process.stdout : process.stderr
      out.write(HELP)
      return values.help ? EXIT.ok : EXIT.usage
    }
    const result = await scenario.run(values, note)
    show(result, scenario.columns, values.json)
    return EXIT.ok
  } catch (error) {
    process.stderr.write(`error  BENCH_FAILED  ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.failure
  }
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

function crowd(fixed: Pick<CrowdPlan, 'scenario' | 'sites' | 'joinEveryMs' | 'edge'>): {
  run: Bench
  columns: readonly Column[]
} {
  return {
    columns: CROWD_COLUMNS,
    run: ({ peers, size = '100MiB', uplink, lan }, note) => {
      const sizeBytes = parseSize(size)
      return benchCrowd(
        { ...fixed, peers: Number(peers), sizeBytes, uplinkRate: parseRate(uplink), lanRate: parseRate(lan) },
        note,
      )
    },
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
