/** `devices list | show`: clients of a running tracker. */
import { addExamples, createOutput, formatBytes, formatColumns, formatDuration } from '@shoal/cli'
import type { Command } from 'commander'
import type { DeviceDetail, DeviceRow, HistoryRow, Paged } from '../api/index.ts'
import { addApiOptions, connectApi, type ApiFlags } from './api.ts'
import { parseCount, parseSeconds } from './rollout-flags.ts'

interface ListFlags extends ApiFlags {
  site?: string
  group?: string
  state?: string
  rollout?: string
  code?: string
  silent?: number
  text?: string
  cursor?: string
  limit: number
}

const HISTORY_ROWS = 20

export function addDevicesCommands(program: Command): void {
  const devices = program.command('devices').description('what devices have, and what they reported')
  const list = addApiOptions(devices.command('list').description('devices; everything that is asked for must hold'))
    .option('--site <name>', 'of a site')
    .option('--group <name>', 'of a group')
    .option(
      '--state <state>',
      'waiting (of a rollout), began, downloaded, activated, healthy, failed, returned or present',
    )
    .option('--rollout <id>', 'in the rings of a rollout')
    .option('--code <code>', 'that failed with it, e.g. DISK_FULL')
    .option('--silent <duration>', 'not heard of for so long', parseSeconds)
    .option('--text <text>', 'in id, site, group or a label')
    .option('--limit <count>', 'how many', parseCount, 50)
    .option('--cursor <cursor>', 'of the page before')
    .action((flags: ListFlags) => listDevices(flags))
  addExamples(list, [
    ['what failed in a rollout', 'shoal-tracker devices list --rollout game-stable-2-0-4f1c9a --state failed'],
    ['who is silent at a site', 'shoal-tracker devices list --site waw-2 --silent 1d'],
  ])
  const show = addApiOptions(devices.command('show').description('one device, and what it reported last'))
    .argument('<id>', 'its peer id')
    .action((id: string, flags: ApiFlags) => showDevice(id, flags))
  addExamples(show, [['one of them', 'shoal-tracker devices show 12D3KooW…']])
}

async function listDevices(flags: ListFlags): Promise<void> {
  const { site, group, state, rollout, code, silent: silentSeconds, text, limit, cursor } = flags
  const query = { site, group, state, rollout, code, silentSeconds, text, limit, cursor }
  const page = await connectApi(flags).get<Paged<DeviceRow>>('/devices', query)
  const output = createOutput(flags)
  output.document(page, devicesText(page, Date.now()))
  if (!output.json && page.cursor !== undefined) output.note(`next page: --cursor ${page.cursor}`)
}

function devicesText({ rows, total }: Paged<DeviceRow>, nowMs: number): string {
  if (rows.length === 0) return 'no device is like that'
  const lines = rows.map(({ id, site, group, heardMs, installs }) => [
    ...[id, site === '' ? '-' : site, group === '' ? '-' : group, ago(heardMs, nowMs)],
    installs.map(installText).join(', '),
  ])
  const table = formatColumns([['DEVICE', 'SITE', 'GROUP', 'HEARD', 'HAS'], ...lines])
  return `${table}\n${rows.length} of ${total}`
}

async function showDevice(id: string, flags: ApiFlags): Promise<void> {
  const api = connectApi(flags)
  const path = `/devices/${encodeURIComponent(id)}`
  const [device, history] = await Promise.all([
    api.get<DeviceDetail>(path),
    api.get<Paged<HistoryRow>>(`${path}/history`, { limit: HISTORY_ROWS }),
  ])
  createOutput(flags).document({ device, history }, deviceText(device, history, Date.now()))
}

function deviceText(device: DeviceDetail, { rows, total }: Paged<HistoryRow>, nowMs: number): string {
  const { id, site, group, labels, platform, agent, heardMs, reportedMs, installs, progress, checkup } = device
  const marks = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
  const facts = formatColumns([
    ['device', id],
    ['site', site === '' ? '-' : site],
    ['group', group === '' ? '-' : group],
    ['labels', marks.length === 0 ? '-' : marks.join(' ')],
    ['program', `${agent} on ${platform}`],
    ['heard', `${ago(heardMs, nowMs)}, reported ${ago(reportedMs, nowMs)}`],
    ...installs.map((install) => ['has', installText(install)]),
    ...progress.map((each) => [
      'rollout',
      `${each.rollout}: ${each.state}${each.code === undefined ? '' : ` ${each.code}`}`,
    ]),
  ])
  const history = rows.map(({ atMs, product, version, state, code, bytes }) => [
    ...[new Date(atMs).toISOString(), `${product} ${version}`, code === undefined ? state : `${state} ${code}`],
    bytes === undefined
      ? ''
      : `${formatBytes(bytes.total - bytes.reused)} (${formatBytes(bytes.origin)} from the origin)`,
  ])
  const checks = (checkup?.checks ?? []).map(({ check, verdict, text }) => [verdict, check, text])
  const doctor =
    checkup === undefined ? '' : `\n\n${formatColumns([['DOCTOR', '', ago(checkup.atMs, nowMs)], ...checks])}`
  return `${facts}${doctor}\n\n${formatColumns([['AT', 'RELEASE', 'STATE', 'FETCHED'], ...history])}\n${rows.length} of ${total} reports`
}

function installText({ product, version, installed, state, code }: DeviceRow['installs'][number]): string {
  const what = installed === undefined || installed === version ? version : `${installed} -> ${version}`
  return `${product} ${what} ${state}${code === undefined ? '' : ` ${code}`}`
}

function ago(atMs: number, nowMs: number): string {
  return `${formatDuration(Math.max(0, nowMs - atMs))} ago`
}
