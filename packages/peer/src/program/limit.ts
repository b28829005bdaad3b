/** `shoal-peer limit`: shows and changes the limits of the running daemon. */
import { join, resolve } from 'node:path'
import { addExamples, createOutput, formatColumns } from '@shoal/cli'
import { Option, type Command } from 'commander'
import { defaultStateDir, formatRate } from '../config/index.ts'
import { askDaemon, type LimitStatus, type PeerStatus } from '../control/index.ts'
import { flowName, FLOWS, type Rates } from '../traffic/index.ts'
import { addLimitFlags } from './limit-flags.ts'

interface LimitFlags extends Rates {
  background?: 'on' | 'off'
  clear?: boolean
  stateDir: string
  json?: boolean
}

export function addLimitCommand(program: Command): void {
  const command = program
    .command('limit')
    .description('show the limits on traffic, or change them until --clear or the next start')
  addLimitFlags(command, '--origin')
    .addOption(
      new Option('--background <on|off>', 'whether what goes between sites yields to everything else').choices([
        'on',
        'off',
      ]),
    )
    .option('--clear', 'back to what configuration and windows say, before anything else')
    .option('--state-dir <dir>', "the daemon's stateDir", defaultStateDir())
    .option('--json', 'one JSON document on stdout')
    .action((flags: LimitFlags) => limit(flags))
  addExamples(command, [
    ['show what holds now, and why', 'shoal-peer limit'],
    ['spare the uplink for a while', 'shoal-peer limit --upload-wan 1MB/s --download-wan 2MB/s'],
    ['take only what nobody else on the line wants', 'shoal-peer limit --background on'],
    ['ask the origin no more', 'shoal-peer limit --origin 0'],
    ['back to the configuration', 'shoal-peer limit --clear'],
  ])
}

async function limit({ clear = false, background, stateDir, json, ...flags }: LimitFlags): Promise<void> {
  const socket = join(resolve(stateDir), 'control.sock')
  const set = Object.fromEntries(FLOWS.flatMap((flow) => (flags[flow] === undefined ? [] : [[flow, flags[flow]]])))
  const mode = background === undefined ? {} : { background: background === 'on' }
  const isOrder = clear || background !== undefined || Object.keys(set).length > 0
  const status = isOrder ? await askDaemon(socket, 'limit', { set, clear, ...mode }) : await askDaemon(socket, 'status')
  const { limits } = status
  const shown = status.background === undefined ? { limits } : { limits, background: status.background }
  createOutput({ json }).document(shown, [limitsText(limits), ...backgroundText(status)].join('\n'))
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

/** What a peer in the background allows itself; nothing of another one. */
export function backgroundText({ background }: Pick<PeerStatus, 'background'>): string[] {
  if (background === undefined) return []
  const { downloadWan, uploadWan, addedMs } = background
  const path = addedMs == null ? 'path not measured lately' : `path +${Math.round(addedMs)} ms`
  return [`BACKGROUND ${formatRate(downloadWan)} down, ${formatRate(uploadWan)} up between sites, ${path}`]
}
