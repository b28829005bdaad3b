import type { RolloutView } from '@shoal/tracker/api'
import { countInWords, momentInWords, hourInWords, plural } from '../format.ts'
import { Table } from '../parts/table.tsx'
import { Figure } from './figure.tsx'
import { ticksTo } from './scale.ts'
import { useWidth } from './width.ts'

type Pace = RolloutView['pace'][number]

const SERIES = [
  ['downloaded', 'downloaded'],
  ['activated', 'activated'],
  ['healthy', 'healthy'],
  ['failed', 'failed'],
] as const
const HEIGHT = 190
const MARGIN = { top: 8, right: 12, bottom: 22, left: 56 }

/** How many devices had got how far, over the time of a rollout. */
export function PaceChart({ pace, fromMs, toMs }: { pace: readonly Pace[]; fromMs: number; toMs: number }) {
  const sums = cumulate(pace)
  const last = sums.at(-1)
  return (
    <Figure
      title="Pace"
      summary={
        last === undefined
          ? 'No device has downloaded it yet.'
          : `${plural(last.downloaded, 'device')} downloaded it, ${countInWords(last.healthy)} became healthy and ${countInWords(last.failed)} failed.`
      }
      chart={
        <>
          <ul class="legend">
            {SERIES.map(([name, word]) => (
              <li key={name}>
                <span class={`swatch line pace-${name}`} aria-hidden="true" />
                {word}
              </li>
            ))}
          </ul>
          <Lines sums={sums} fromMs={fromMs} toMs={toMs} />
        </>
      }
      table={
        <Table
          caption="Devices that had got so far, by time"
          rows={sums}
          keyOf={(row) => row.fromMs}
          columns={[
            { name: 'From', cell: (row) => momentInWords(row.fromMs) },
            ...SERIES.map(([name, word]) => ({
              name: word,
              isNumber: true,
              cell: (row: Pace) => countInWords(row[name]),
            })),
          ]}
        />
      }
    />
  )
}

function Lines({ sums, fromMs, toMs }: { sums: readonly Pace[]; fromMs: number; toMs: number }) {
  const [ref, width] = useWidth()
  const last = sums.at(-1)
  const ticks = ticksTo(Math.max(1, last?.downloaded ?? 0, last?.failed ?? 0, last?.healthy ?? 0))
  const top = ticks.at(-1) ?? 1
  const spanMs = Math.max(1, toMs - fromMs)
  const x = (atMs: number): number => {
    const share = Math.min(1, Math.max(0, (atMs - fromMs) / spanMs))
    return MARGIN.left + share * (width - MARGIN.left - MARGIN.right)
  }
  const y = (count: number): number => HEIGHT - MARGIN.bottom - (count / top) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const moments = width < 480 ? 2 : 4
  return (
    <div ref={ref} class="chart">
      <svg width={width} height={HEIGHT} aria-hidden="true">
        {ticks
          .filter((tick) => Number.isInteger(tick))
          .map((tick) => (
            <g key={tick}>
              <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
              <text class="axis" x={MARGIN.left - 8} y={y(tick) + 4} text-anchor="end">
                {countInWords(tick)}
              </text>
            </g>
          ))}
        {Array.from({ length: moments + 1 }, (_, at) => {
          const atMs = fromMs + (spanMs * at) / moments
          const anchor = at === 0 ? 'start' : at === moments ? 'end' : 'middle'
          return (
            <text key={at} class="axis" x={x(atMs)} y={HEIGHT - 6} text-anchor={anchor}>
              {hourInWords(atMs)}
            </text>
          )
        })}
        {SERIES.map(([name]) => (
          <path key={name} class={`pace-${name}`} d={pathOf(sums, name, x, y, fromMs, toMs)} />
        ))}
      </svg>
    </div>
  )
}

/** Steps: between two reports nothing is known to have changed. */
function pathOf(
  sums: readonly Pace[],
  name: (typeof SERIES)[number][0],
  x: (atMs: number) => number,
  y: (count: number) => number,
  fromMs: number,
  toMs: number,
): string {
  const steps = sums.map((row) => `H${x(row.fromMs).toFixed(1)}V${y(row[name]).toFixed(1)}`)
  return `M${x(fromMs).toFixed(1)} ${y(0).toFixed(1)}${steps.join('')}H${x(toMs).toFixed(1)}`
}

function cumulate(pace: readonly Pace[]): Pace[] {
  const sum = { downloaded: 0, activated: 0, healthy: 0, failed: 0 }
  return pace.map((row) => {
    for (const [name] of SERIES) sum[name] += row[name]
    return { ...sum, fromMs: row.fromMs }
  })
}
