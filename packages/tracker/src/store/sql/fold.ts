/** Many reports become the rows that they change, each row once. Pure; the order of the reports makes no difference. */
import { REPORT_SOURCES, type Report } from '@shoal/release'
import { LIMITS } from '../../limits.ts'
import type { Value } from './database.ts'

/** Rows in the order of their keys, and their columns in the order in which reports.ts writes them. */
export interface Folded {
  devices: Value[][]
  checkups: Value[][]
  installs: Value[][]
  progress: Value[][]
  pace: Value[][]
  hours: Value[][]
  sites: Value[][]
  flows: Value[][]
}

export const HOUR_MS = 3_600_000

/** @param rollouts the versions of those that are known, by `id product@channel` */
export function foldReports(reports: readonly Report[], rollouts: ReadonlyMap<string, string>, atMs: number): Folded {
  const inOrder = [...reports].sort((a, b) => a.counter - b.counter)
  const devices = new Map<string, Value[]>()
  const checkups = new Map<string, Value[]>()
  const installs = new Map<string, Value[]>()
  const progress = new Map<string, Progress>()
  const pace = new Map<string, Sums>()
  const hours = new Map<string, Sums>()
  const sites = new Map<string, Sums>()
  const flows = new Map<string, Sums>()
  const hourMs = atMs - (atMs % HOUR_MS)
  const paceMs = atMs - (atMs % LIMITS.paceBucketMs)

  for (const report of inOrder) {
    const { device, product, channel, bytes, rollout, checks } = report
    devices.set(device, deviceRow(report))
    if (checks !== undefined) checkups.set(device, [device, report.counter, report.atMs, JSON.stringify(checks)])
    const place = `${device} ${product} ${channel}`
    installs.set(place, installRow(report, installs.get(place)))
    const goal = rollouts.get(`${rollout ?? ''} ${product}@${channel}`)
    if (rollout !== undefined && goal !== undefined) {
      const counted = countedAs(report, goal)
      const key = `${rollout} ${device}`
      progress.set(key, further(progress.get(key), { ...report, state: counted }, rollout))
      if (PACE.includes(counted))
        add(
          pace,
          [rollout, paceMs],
          PACE.map((each) => (each === counted ? 1 : 0)),
        )
    }
    if (bytes !== undefined) {
      const amounts = REPORT_SOURCES.map((source) => Math.min(bytes[source], LIMITS.reportedBytesMax))
      add(hours, [hourMs, report.site, product, channel], amounts)
      add(sites, [report.site], amounts)
      for (const [kind, from, amount] of flowsOf(report)) add(flows, [report.site, kind, from], [amount])
    }
  }
  return {
    devices: sorted(devices),
    checkups: sorted(checkups),
    installs: sorted(installs),
    progress: sorted(new Map([...progress].map(([key, each]) => [key, progressRow(each)]))),
    pace: summed(pace),
    hours: summed(hours),
    sites: summed(sites),
    flows: summed(flows),
  }
}

function deviceRow({ device, site, group, labels, platform, agent, counter }: Report): Value[] {
  return [device, site, group, encodeLabels(labels), platform, agent, counter]
}

/** In one order, so that equal labels are equal texts. */
export function encodeLabels(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** After these states a device has the version that they speak of. */
const HAVING: readonly Report['state'][] = ['present', 'activated', 'healthy', 'returned']
const INSTALLED = 8

function installRow(report: Report, before: Value[] | undefined): Value[] {
  const { device, product, channel, counter, version, state, code, rollout } = report
  const installed = HAVING.includes(state) ? version : (before?.[INSTALLED] ?? null)
  return [device, product, channel, counter, version, state, code ?? null, rollout ?? null, installed]
}

interface Progress {
  rollout: string
  last: Report
  reached: number
  code: string | undefined
}

/** `present` with a rollout: the device had its version already, and is counted with those that are healthy. */
const REACHED: Record<Report['state'], number> = {
  present: 4,
  began: 1,
  downloaded: 2,
  activated: 3,
  healthy: 4,
  failed: 1,
  returned: 1,
}

/** A version on the way to the rollout's own brings the device no further in it. */
function countedAs({ state, version }: Report, goal: string): Report['state'] {
  return version === goal || state === 'failed' || state === 'returned' ? state : 'began'
}

function further(before: Progress | undefined, report: Report, rollout: string): Progress {
  return {
    rollout,
    last: report,
    reached: Math.max(before?.reached ?? 0, REACHED[report.state]),
    code: report.code ?? before?.code,
  }
}

function progressRow({ rollout, last, reached, code }: Progress): Value[] {
  return [rollout, last.device, last.counter, last.state === 'present' ? 'healthy' : last.state, reached, code ?? null]
}

/** Where what arrived came from. Of a device that told none of it, nothing is counted: it would be guessed. */
export const FLOW = { site: 0, further: 1, origin: 2 } as const

function flowsOf({ bytes, flows }: Report): [kind: number, from: string, amount: number][] {
  if (bytes === undefined || flows === undefined) return []
  const named = flows.reduce((sum, flow) => sum + flow.bytes, 0)
  const further = bytes.lanPeers + bytes.wanPeers + bytes.cache - named
  const all: [number, string, number][] = [
    ...flows.map((flow): [number, string, number] => [FLOW.site, flow.site, flow.bytes]),
    [FLOW.further, '', further],
    [FLOW.origin, '', bytes.origin],
  ]
  return all
    .filter(([, , amount]) => amount > 0)
    .map(([kind, from, amount]) => [kind, from, Math.min(amount, LIMITS.reportedBytesMax)])
}

const PACE: readonly Report['state'][] = ['downloaded', 'activated', 'healthy', 'failed']

interface Sums {
  key: Value[]
  amounts: number[]
}

function add(sums: Map<string, Sums>, key: Value[], amounts: readonly number[]): void {
  const id = key.join(' ')
  const before = sums.get(id)
  sums.set(id, { key, amounts: amounts.map((amount, at) => amount + (before?.amounts[at] ?? 0)) })
}

function summed(sums: Map<string, Sums>): Value[][] {
  return sorted(new Map([...sums].map(([id, { key, amounts }]) => [id, [...key, ...amounts]])))
}

function sorted(rows: Map<string, Value[]>): Value[][] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
