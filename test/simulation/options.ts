/** The command line of the simulation. What is unknown, or makes no sense, is said and refused. */
import { parseArgs } from 'node:util'
import { parseDuration, parseSize, usageError } from '@shoal/cli'
import { parseRate } from '../bench/rate.ts'
import type { Plan } from './fleet.ts'

export const HELP = `usage: npm run simulate -- [--peers 100] [--sites 5] [--size 4GiB] [--seed 1] [OPTION…]

Many peers that want one release at the same time, each with the swarm core that runs in the daemon, under a virtual clock.
The same options give the same table, byte for byte. docs/scale.md says what is left out.

  --peers N         in all; spread evenly over the sites
  --sites N         each behind an uplink of its own
  --size SIZE       of the release
  --seed N          another run than the default one
  --span SIZE       how much is asked for at a time; 16MiB by default, where the daemon's are 1MiB: that many fewer events.
                    Take at least ten times as many spans as a site has peers
  --uplink RATE     of each site in either direction; 50Mbit by default
  --lan RATE        of each peer in either direction; 1Gbit by default
  --origin RATE     of the origin, for all together; without limit by default
  --spread TIME     all hear of the release within so long; 2s by default
  --json            one JSON object on stdout instead of the table
  --help            this text

Faults; with any of them the same fleet is simulated without them as well, to show what they cost:

  --churn SHARE     of the peers vanish in the middle without a word, and come back within a minute
  --slow SHARE      of the peers move no more than --slow-rate in either direction; 20Mbit by default
  --liars SHARE     of the peers claim to have everything and deliver what does not verify
  --partition SHARE of the sites are cut off from everything beyond for a quarter of the time that one copy takes

A SHARE is written as 0.1 or as 10%.
`

const PEERS_MAX = 100_000
const SPANS_MAX = 65_536
const SPAN_BYTES_MIN = 64 << 10
const SEED_MAX = 2 ** 31 - 1

const OPTIONS = {
  peers: { type: 'string', default: '100' },
  sites: { type: 'string', default: '5' },
  size: { type: 'string', default: '4GiB' },
  seed: { type: 'string', default: '1' },
  span: { type: 'string', default: '16MiB' },
  uplink: { type: 'string', default: '50Mbit' },
  lan: { type: 'string', default: '1Gbit' },
  origin: { type: 'string' },
  spread: { type: 'string', default: '2s' },
  churn: { type: 'string', default: '0' },
  slow: { type: 'string', default: '0' },
  'slow-rate': { type: 'string', default: '20Mbit' },
  liars: { type: 'string', default: '0' },
  partition: { type: 'string', default: '0' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export interface Options {
  plan: Plan
  json: boolean
  help: boolean
}

/** @throws CliError USAGE */
export function parseOptions(args: readonly string[]): Options {
  const flags = readFlags(args)
  const peers = readCount('peers', flags.peers, PEERS_MAX)
  const sites = readCount('sites', flags.sites, peers)
  const sizeBytes = parseSize(flags.size)
  const spanBytes = parseSize(flags.span)
  if (spanBytes < SPAN_BYTES_MIN) throw usageError('--span is below 64 KiB', 'make it larger')
  if (sizeBytes < spanBytes) throw usageError('--size is less than one span', 'make it larger, or --span smaller')
  if (sizeBytes / spanBytes > SPANS_MAX)
    throw usageError(`--size has more than ${SPANS_MAX} spans`, 'make it smaller, or --span larger')
  const faults = {
    churn: readShare('churn', flags.churn),
    slow: readShare('slow', flags.slow),
    slowRate: readRate('slow-rate', flags['slow-rate']),
    liars: readShare('liars', flags.liars),
    partition: readShare('partition', flags.partition),
  }
  if (faults.churn + faults.slow + faults.liars > 1 || faults.liars === 1)
    throw usageError('--churn, --slow and --liars leave no peer', 'a peer has one fault at most, and not all lie')
  return {
    plan: {
      peers,
      sites,
      sizeBytes,
      spanBytes,
      seed: readCount('seed', flags.seed, SEED_MAX),
      uplinkRate: readRate('uplink', flags.uplink),
      lanRate: readRate('lan', flags.lan),
      originRate: flags.origin === undefined ? undefined : readRate('origin', flags.origin),
      spreadMs: parseDuration(flags.spread),
      faults,
    },
    json: flags.json,
    help: flags.help,
  }
}

function readFlags(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values
  } catch (error) {
    throw usageError((error as Error).message, 'see npm run simulate -- --help')
  }
}

function readCount(name: string, text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN
  if (value >= 1 && value <= max) return value
  throw usageError(`--${name} ${text} is no whole number from 1 to ${max}`, 'see npm run simulate -- --help')
}

function readShare(name: string, text: string): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? []
  const share = Number(number ?? NaN) / (percent === '%' ? 100 : 1)
  if (share >= 0 && share <= 1) return share
  throw usageError(`--${name} ${text} is no share`, 'write it as 0.1 or as 10%')
}

/** @returns bytes a second */
function readRate(name: string, text: string): number {
  let bits = 0
  try {
    bits = parseRate(text)
  } catch (error) {
    throw usageError(`--${name}: ${(error as Error).message}`, 'see npm run simulate -- --help')
  }
  if (bits > 0) return bits / 8
  throw usageError(`--${name} is nothing`, 'make it larger')
}
