/** What a benchmark found: the object that `--json` prints, and the table for people. */
import { cpus, loadavg, totalmem } from 'node:os'
import { formatBytes, formatColumns, formatDuration } from '@shoal/cli'

/** One contender. */
export interface Figures {
  megabytesPerSecond: number
  elapsedMs: number
  cpuSeconds: number | undefined
  [more: string]: number | string | undefined
}

export interface Skipped {
  skipped: string
}

export interface BenchResult {
  scenario: string
  params: Record<string, unknown>
  shoal: Figures
  ideal: Figures
  ratios: Record<string, number>
  /** shoal itself, with lanes off. */
  libp2p?: Figures
  libtorrent?: Figures | Skipped
  casync?: Figures | Skipped
}

/** The machine's shape, and how busy it was before; without these no figure means anything. */
export function machine(): Record<string, unknown> {
  const all = cpus()
  return {
    cores: all.length,
    cpu: all[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    loadBefore: Number(loadavg()[0]?.toFixed(2)),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  }
}

function isSkipped(figures: Figures | Skipped): figures is Skipped {
  return 'skipped' in figures
}

/** How shoal stands to another: speed above 1 is faster, CPU above 1 is dearer. */
export function ratiosTo(name: string, shoal: Figures, other: Figures | Skipped): Record<string, number> {
  if (isSkipped(other)) return {}
  const ratios: Record<string, number> = {
    [`${name}.speed`]: round(shoal.megabytesPerSecond / other.megabytesPerSecond),
  }
  if (shoal.cpuSeconds !== undefined && other.cpuSeconds !== undefined)
    ratios[`${name}.cpu`] = round(shoal.cpuSeconds / other.cpuSeconds)
  return ratios
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

export interface Column {
  title: string
  key: string
  unit: 'MB/s' | 'ms' | 's' | 'bytes' | 'number'
}

export function formatTable(result: BenchResult, columns: readonly Column[]): string {
  const rows = (['shoal', 'libp2p', 'libtorrent', 'casync', 'ideal'] as const).flatMap((name) => {
    const figures = result[name]
    if (figures === undefined) return []
    if (isSkipped(figures)) return [[name, `skipped: ${figures.skipped}`]]
    return [[name, ...columns.map(({ key, unit }) => formatFigure(figures[key], unit))]]
  })
  const head = ['', ...columns.map(({ title }) => title)]
  return formatColumns([head, ...rows], { right: columns.map((_, at) => at + 1) })
}

function formatFigure(value: number | string | undefined, unit: Column['unit']): string {
  if (typeof value !== 'number') return value ?? '-'
  switch (unit) {
    case 'MB/s':
      return `${value.toFixed(0)} MB/s`
    case 'ms':
      return formatDuration(value)
    case 's':
      return `${value.toFixed(1)} s`
    case 'bytes':
      return formatBytes(value)
    case 'number':
      return String(round(value))
  }
}
