import type { Overview } from '@shoal/tracker/api'
import { bytesInWords, hourInWords, shareInWords } from '../format.ts'
import { Table } from '../parts/table.tsx'
import { Figure } from './figure.tsx'
import { SourceLegend } from './legend.tsx'
import { stack, ticksTo } from './scale.ts'
import { avoidedBytes, movedBytes, SOURCES, type Bytes } from './sources.ts'
import { useWidth } from './width.ts'

type Hour = Overview['day'][number]

const HOUR_MS = 3_600_000
const HOURS = 24
const HEIGHT = 190
const MARGIN = { top: 8, right: 18, bottom: 22, left: 56 }

/** The last 24 hours by source, a column each. */
export function HoursChart({ hours, nowMs }: { hours: readonly Hour[]; nowMs: number }) {
  const rows = fillHours(hours, nowMs)
  const moved = rows.reduce((sum, row) => sum + movedBytes(row), 0)
  const avoided = rows.reduce((sum, row) => sum + avoidedBytes(row), 0)
  return (
    <Figure
      title="Bytes by source, last 24 hours"
      summary={
        moved === 0
          ? 'Nothing was downloaded in the last 24 hours.'
          : `${bytesInWords(moved)} were downloaded; ${shareInWords(avoided, moved)} did not come from the origin.`
      }
      chart={
        moved > 0 && (
          <>
            <SourceLegend />
            <Columns rows={rows} />
          </>
        )
      }
      table={
        <Table
          caption="Bytes by hour and source"
          rows={rows}
          keyOf={(row) => row.hourMs}
          columns={[
            { name: 'Hour', cell: (row) => hourInWords(row.hourMs) },
            ...SOURCES.map(([source, word]) => ({
              name: word,
              isNumber: true,
              cell: (row: Hour) => bytesInWords(row[source]),
            })),
          ]}
        />
      }
    />
  )
}

function Columns({ rows }: { rows: readonly Hour[] }) {
  const [ref, width] = useWidth()
  const ticks = ticksTo(Math.max(...rows.map(movedBytes)))
  const top = ticks.at(-1) ?? 1
  const inner = Math.max(0, width - MARGIN.left - MARGIN.right)
  const y = (bytes: number): number => HEIGHT - MARGIN.bottom - (bytes / top) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const step = inner / rows.length
  const every = step < 26 ? 6 : 3
  return (
    <div ref={ref} class="chart">
      <svg width={width} height={HEIGHT} aria-hidden="true">
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
            <text class="axis" x={MARGIN.left - 8} y={y(tick) + 4} text-anchor="end">
              {bytesInWords(tick).replace('.0 ', ' ')}
            </text>
          </g>
        ))}
        {rows.map((row, at) => {
          const x = MARGIN.left + at * step
          const parts = stack(SOURCES.map(([source]) => row[source]))
          return (
            <g key={row.hourMs}>
              {SOURCES.map(([source], part) => (
                <rect
                  key={source}
                  class={source}
                  x={x + step * 0.14}
                  width={step * 0.72}
                  y={y(parts[part]?.to ?? 0)}
                  height={Math.max(0, y(parts[part]?.from ?? 0) - y(parts[part]?.to ?? 0))}
                />
              ))}
              {at % every === every - 1 && (
                <text class="axis" x={x + step / 2} y={HEIGHT - 6} text-anchor="middle">
                  {hourInWords(row.hourMs)}
                </text>
              )}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

const NOTHING: Bytes = { total: 0, reused: 0, patched: 0, origin: 0, lanPeers: 0, wanPeers: 0, cache: 0, wasted: 0 }

/** Hours in which nothing moved are there, too. */
function fillHours(hours: readonly Hour[], nowMs: number): Hour[] {
  const byHour = new Map(hours.map((hour) => [hour.hourMs, hour]))
  const last = Math.floor(nowMs / HOUR_MS) * HOUR_MS
  return Array.from({ length: HOURS }, (_, at) => {
    const hourMs = last - (HOURS - 1 - at) * HOUR_MS
    return byHour.get(hourMs) ?? { ...NOTHING, hourMs }
  })
}
