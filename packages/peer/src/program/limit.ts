/** `shoal-peer limit`: shows and changes the limits of the running daemon. */
import { join, resolve } from 'node:path'
import { addExamples, CliError, createOutput, formatColumns } from '@shoal/cli'
import { InvalidArgumentError, type Command } from 'commander'
import { defaultStateDir, formatRate, parseRate } from '../config/index.ts'
import { askDaemon, type LimitStatus, type PeerStatus } from '../control/index.ts'
import { FLOWS, type Rates } from '../traffic/index.ts'

interface LimitFlags extends Rates {
  clear?: boolean
  stateDir: string
  json?: boolean
}

export function addLimitCommand(program: Command): void {
  const command = program
    .command('limit')
    .description('show the limits on traffic, or change them until --clear or the next start')
    .option('--upload-wan <rate>', 'to neighbours of other sites', rate)
    .option('--download-wan <rate>', 'from neighbours of other sites and from the origin together', rate)
    .option('--upload-lan <rate>', 'to neighbours of this site', rate)
    .option('--download-lan <rate>', 'from neighbours of this site', rate)
    .option('--origin <rate>', 'from the origin; with 0 it is sent no request', rate)
    .option('--clear', 'back to what configuration and windows say, before anything else')
    .option('--state-dir <dir>', "the daemon's stateDir", defaultStateDir())
    .option('--json', 'one JSON document on stdout')
    .action((flags: LimitFlags) => limit(flags))
  addExamples(command, [
    ['show what holds now, and why', 'shoal-peer limit'],
    ['spare the uplink for a while', 'shoal-peer limit --upload-wan 1MB/s --download-wan 2MB/s'],
    ['ask the origin no more', 'shoal-peer limit --origin 0'],
    ['back to the configuration', 'shoal-peer limit --clear'],
  ])
}

async function limit({ clear = false, stateDir, json, ...flags }: LimitFlags): Promise<void> {
  const socket = join(resolve(stateDir), 'control.sock')
  const set = Object.fromEntries(FLOWS.flatMap((flow) => (flags[flow] === undefined ? [] : [[flow, flags[flow]]])))
  const isOrder = clear || Object.keys(set).length > 0
  const status = isOrder ? await askDaemon(socket, 'limit', { set, clear }) : await askDaemon(socket, 'status')
  createOutput({ json }).document({ limits: status.limits }, limitsText(status.limits))
}

const FROM: Record<LimitStatus['from'], string> = {
  limit: 'set by shoal-peer limit',
  window: 'window',
  config: 'configuration',
  default: '-',
}

function limitsText(limits: PeerStatus['limits']): string {
  const rows = FLOWS.map((flow) => {
    const { bytesPerSecond, from, window } = limits[flow]
    return [flowName(flow), formatRate(bytesPerSecond ?? Infinity), [FROM[from], window].filter(Boolean).join(' ')]
  })
  return formatColumns([['FLOW', 'LIMIT', 'FROM'], ...rows])
}

/** `uploadWan` → `upload wan` */
export function flowName(flow: string): string {
  return flow.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function rate(text: string): number {
  try {
    return parseRate(text)
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    throw new InvalidArgumentError(`${error.message}; ${error.fix}`)
  }
}
