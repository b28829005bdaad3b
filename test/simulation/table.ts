/** The figures for people. Nothing in it depends on the machine or the hour. */
import { formatBytes, formatColumns, formatDuration } from '@shoal/cli'
import type { Plan } from './fleet.ts'
import type { Milestone, SimulationFigures, Spread } from './figures.ts'

/** @param faulty the same peers, struck by the plan's faults */
export function formatFigures(plan: Plan, plain: SimulationFigures, faulty?: SimulationFigures): string {
  const runs = faulty === undefined ? [plain] : [plain, faulty]
  const row = (title: string, show: (figures: SimulationFigures) => string): string[] => [title, ...runs.map(show)]
  const head = faulty === undefined ? [] : [['', 'no faults', 'faults']]
  const rows = [
    ...head,
    row('50 % have it after', ({ half }) => formatMilestone(half)),
    row('99 %', ({ most }) => formatMilestone(most)),
    row('all', ({ all }) => formatMilestone(all)),
    row('stuck', ({ stuck }) => count(stuck)),
    row('copies from the origin', ({ originCopies }) => originCopies.toFixed(2)),
    row('… per site', ({ originCopiesPerSite }) => formatSpread(originCopiesPerSite, 3)),
    row('copies over an uplink', ({ uplinkCopiesPerSite }) => formatSpread(uplinkCopiesPerSite, 3)),
    row('thrown away', ({ wastedShare }) => percent(wastedShare)),
    row('neighbours', ({ neighbours }) => formatSpread(neighbours, 0)),
    row('bans', ({ bans }) => count(bans)),
    row('sent by a peer: available', ({ sentPerPeer }) => count(sentPerPeer.available)),
    row('… have', ({ sentPerPeer }) => count(sentPerPeer.have)),
    row('… fetching', ({ sentPerPeer }) => count(sentPerPeer.fetching)),
    row('… requests', ({ sentPerPeer }) => count(sentPerPeer.request)),
    row('… bytes of control', (figures) => formatControl(plan, figures)),
    ...reasonsOf(runs).map((reason) => row(`spans by ${reason}`, ({ reasons }) => percent(reasons[reason] ?? 0))),
  ]
  const right = runs.map((_, at) => at + 1)
  return `${describePlan(plan, plain.spans)}\n\n${formatColumns(rows, { right })}\n`
}

function describePlan(plan: Plan, spans: number): string {
  const { peers, sites, sizeBytes, spanBytes, uplinkRate, lanRate, originRate, spreadMs, seed, faults } = plan
  const rates = `uplink ${formatRate(uplinkRate)}, LAN ${formatRate(lanRate)}, origin ${originRate === undefined ? 'without limit' : formatRate(originRate)}`
  const struck = [
    faults.churn > 0 ? `${percent(faults.churn)} of the peers vanish and come back` : '',
    faults.slow > 0 ? `${percent(faults.slow)} move ${formatRate(faults.slowRate)}` : '',
    faults.liars > 0 ? `${percent(faults.liars)} lie` : '',
    faults.partition > 0 ? `${percent(faults.partition)} of the sites are cut off for a while` : '',
  ].filter((part) => part !== '')
  return [
    `${counted(peers, 'peer')} in ${counted(sites, 'site')}, ${formatBytes(sizeBytes)} in ${counted(spans, 'span')} of ${formatBytes(spanBytes)}, seed ${seed}`,
    `${rates}; all hear of it within ${formatDuration(spreadMs)}`,
    ...(struck.length > 0 ? [`faults: ${struck.join(', ')}`] : []),
  ].join('\n')
}

function formatMilestone({ doneMs, boundMs, ratio }: Milestone): string {
  const bound = `of ${seconds(boundMs)} possible`
  return doneMs === null || ratio === null ? `never (${bound})` : `${seconds(doneMs)} (${ratio.toFixed(3)} × ${bound})`
}

function formatControl({ sizeBytes }: Plan, { controlBytesPerPeer }: SimulationFigures): string {
  return `${formatBytes(controlBytesPerPeer)} (${((controlBytesPerPeer / sizeBytes) * 100).toFixed(4)} % of the size)`
}

function formatSpread({ mean, most }: Spread, digits: number): string {
  return `${mean.toFixed(digits)}, at most ${most.toFixed(digits)}`
}

function reasonsOf(runs: readonly SimulationFigures[]): (keyof SimulationFigures['reasons'])[] {
  return [...new Set(runs.flatMap(({ reasons }) => Object.keys(reasons)))] as (keyof SimulationFigures['reasons'])[]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

function formatRate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8
  return bits >= 1e9 ? `${bits / 1e9} Gbit/s` : `${bits / 1e6} Mbit/s`
}
