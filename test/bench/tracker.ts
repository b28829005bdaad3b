/** What a tracker bears: announces and durable signed reports a second, on either store, with many devices in it; beside opentracker. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { formatColumns } from '@shoal/cli'
import { findPostgres, startPostgres } from '@shoal/tracker/fixture/postgres'
import { cpuSecondsOf } from './cpu.ts'
import { announceToOpentracker } from './opentracker.ts'
import { machine, type Skipped } from './result.ts'
import { isInstalled } from './run-once.ts'
import type { LoadConfig, LoadResult } from './tracker-load.ts'

const DEVICES = 100_000
const LOADERS = 2
const NODES_PER_LOADER = 64
const SECONDS = 10
/** What is asked of it; what it does is measured. Half is what the same cores can bear beside those who ask. */
const OFFERED = { announces: 5_000, reports: 2_000, batch: 8 } as const
const HALF = { announces: 1_000, reports: 1_000 } as const
const SERVER = fileURLToPath(new URL('tracker-server.ts', import.meta.url))
const LOAD = fileURLToPath(new URL('tracker-load.ts', import.meta.url))

interface Rate {
  perSecond: number
  p50Ms: number
  p99Ms: number
}

interface Measured {
  announces?: Rate
  reports?: Rate
  failed: number
  /** Of one core: of the tracker, and of those who ask. */
  cpuShare: number | undefined
  loadShare: number | undefined
}

export interface TrackerResult {
  scenario: 'tracker'
  params: Record<string, unknown>
  sqlite: Record<Mix, Measured>
  postgres: Record<Mix, Measured> | Skipped
  opentracker: { announces: Rate } | Skipped
}

const MIXES = {
  announces: { announces: OFFERED.announces, reports: 0 },
  reports: { announces: 0, reports: OFFERED.reports },
  both: { announces: OFFERED.announces, reports: OFFERED.reports },
  half: HALF,
} as const
type Mix = keyof typeof MIXES

export async function benchTracker(note: (text: string) => void): Promise<TrackerResult> {
  const params = {
    devices: DEVICES,
    connections: LOADERS * NODES_PER_LOADER,
    seconds: SECONDS,
    offered: OFFERED,
    ...machine(),
  }
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'shoal-bench-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  note('SQLite')
  const sqlite = await measureStore({ stateDir: dir }, note)
  note('PostgreSQL')
  const postgres = await withPostgres(note)
  note('opentracker')
  const opentracker = (await isInstalled('sh', ['-c', 'command -v opentracker']))
    ? { announces: rateOf(await announceToOpentracker(SECONDS), SECONDS) }
    : { skipped: 'opentracker is not installed' }
  return { scenario: 'tracker', params, sqlite, postgres, opentracker }
}

async function withPostgres(note: (text: string) => void): Promise<TrackerResult['postgres']> {
  const bin = findPostgres()
  if (bin === undefined) return { skipped: 'PostgreSQL is not installed' }
  await using postgres = await startPostgres(bin, { durable: true })
  return await measureStore({ database: await postgres.createDatabase() }, note)
}

async function measureStore(
  store: { stateDir: string } | { database: string },
  note: (text: string) => void,
): Promise<Record<Mix, Measured>> {
  await using stack = new AsyncDisposableStack()
  const fleet = randomBytes(16).toString('hex')
  const server = start(SERVER, { fleet, devices: DEVICES, ...store })
  stack.defer(() => end(server))
  const { addresses } = (await nextLine(server)) as { addresses: string[] }
  const [tracker = ''] = addresses
  const measured: Partial<Record<Mix, Measured>> = {}
  for (const [mix, rates] of Object.entries(MIXES)) {
    note(`  ${mix}`)
    measured[mix as Mix] = await measureMix({ fleet, tracker, ...rates }, server)
  }
  return measured as Record<Mix, Measured>
}

type Load = Pick<LoadConfig, 'fleet' | 'tracker' | 'announces' | 'reports'>

async function measureMix({ announces, reports, ...rest }: Load, server: ChildProcess): Promise<Measured> {
  await using stack = new AsyncDisposableStack()
  const config: LoadConfig = {
    ...rest,
    nodes: NODES_PER_LOADER,
    seconds: SECONDS,
    announces: announces / LOADERS,
    reports: reports / LOADERS,
    batch: OFFERED.batch,
  }
  const loaders = Array.from({ length: LOADERS }, () => start(LOAD, config))
  for (const loader of loaders) stack.defer(() => end(loader))
  await Promise.all(loaders.map(nextLine))
  const cpuBefore = [server, ...loaders].map(({ pid }) => cpuSecondsOf(pid ?? 0))
  const startedMs = performance.now()
  for (const loader of loaders) loader.stdin?.write('go\n')
  const results = (await Promise.all(loaders.map(nextLine))) as LoadResult[]
  const cpuAfter = [server, ...loaders].map(({ pid }) => cpuSecondsOf(pid ?? 0))
  const elapsedSeconds = (performance.now() - startedMs) / 1_000
  const [cpuShare, ...loadShares] = cpuAfter.map((after, at) => {
    const before = cpuBefore[at]
    return before === undefined || after === undefined ? undefined : (after - before) / elapsedSeconds
  })
  const loadShare = loadShares.reduce<number | undefined>(
    (sum, each) => (sum === undefined || each === undefined ? undefined : sum + each),
    0,
  )
  const announceMs = results.flatMap((each) => each.announceMs)
  const reportMs = results.flatMap((each) => each.reportMs)
  return {
    ...(announceMs.length === 0 ? {} : { announces: rateOf(announceMs, SECONDS) }),
    ...(reportMs.length === 0 ? {} : { reports: rateOf(reportMs, SECONDS, OFFERED.batch) }),
    failed: results.reduce((sum, each) => sum + each.failed, 0),
    ...{ cpuShare, loadShare },
  }
}

function rateOf(tookMs: readonly number[], seconds: number, each = 1): Rate {
  const sorted = [...tookMs].sort((a, b) => a - b)
  const at = (share: number): number =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return { perSecond: Math.round((tookMs.length * each) / seconds), p50Ms: at(0.5), p99Ms: at(0.99) }
}

function start(file: string, config: object): ChildProcess {
  return spawn(process.execPath, [file, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
}

const lines = new WeakMap<ChildProcess, AsyncIterator<string>>()

async function nextLine(child: ChildProcess): Promise<unknown> {
  if (child.stdout === null) throw new Error('it has no stdout')
  const known = lines.get(child) ?? createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  lines.set(child, known)
  const next = await known.next()
  if (next.done === true) throw new Error('a process of the benchmark ended early')
  return JSON.parse(next.value)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.stdin?.end()
  child.kill()
  await exited
}

export function formatTracker({ params, sqlite, postgres, opentracker }: TrackerResult): string {
  const rows = [
    ...rowsOf('shoal, SQLite', sqlite),
    ...('skipped' in postgres
      ? [['shoal, PostgreSQL', `skipped: ${postgres.skipped}`]]
      : rowsOf('shoal, PostgreSQL', postgres)),
    'skipped' in opentracker
      ? ['opentracker', `skipped: ${opentracker.skipped}`]
      : ['opentracker', 'announces', ...cells(opentracker.announces), ...cells(undefined), '-', '-', '-'],
  ]
  const head = ['', 'LOAD', 'ANNOUNCES/S', 'P50', 'P99', 'REPORTS/S', 'P50', 'P99', 'CPU', 'LOAD CPU', 'FAILED']
  const { cores, cpu, node, date, loadBefore } = params
  return `
tracker  ${String(date)}  ${String(cores)} cores of ${String(cpu)}, node ${String(node)}, load before ${String(loadBefore)}

${formatColumns([head, ...rows], { right: [2, 3, 4, 5, 6, 7, 8, 9, 10] })}

${DEVICES.toLocaleString('en')} devices in the store, ${String(params['connections'])} connections, load from the same cores
`
}

function rowsOf(name: string, measured: Record<Mix, Measured>): string[][] {
  return Object.entries(measured).map(([mix, { announces, reports, cpuShare, loadShare, failed }]) => [
    ...[name, mix, ...cells(announces), ...cells(reports)],
    ...[cpuShare, loadShare].map((share) => (share === undefined ? '-' : `${Math.round(share * 100)} %`)),
    String(failed),
  ])
}

function cells(rate: Rate | undefined): string[] {
  if (rate === undefined) return ['-', '-', '-']
  return [rate.perSecond.toLocaleString('en'), `${rate.p50Ms} ms`, `${rate.p99Ms} ms`]
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
