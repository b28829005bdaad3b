import type { RolloutView } from '@shoal/tracker/api'
import { addressOf } from '../address.ts'
import { RingBar } from '../charts/ring-bar.tsx'
import { countInWords } from '../format.ts'
import { State } from './state.tsx'
import { Table, type Column } from './table.tsx'

type Ring = RolloutView['rings'][number]

/** A device that is further counts in every earlier column, too. Of a ring that waits nothing is said that has not begun. */
export function RingTable({ rollout, rings }: { rollout: string; rings: readonly Ring[] }) {
  const count = (name: string, read: (ring: Ring) => number): Column<Ring> => ({
    name,
    isNumber: true,
    cell: (ring) => countOf(ring, read(ring)),
  })
  const linked = (name: string, read: (ring: Ring) => number, query: Record<string, string>): Column<Ring> => ({
    name,
    isNumber: true,
    cell: (ring) =>
      read(ring) === 0 ? (
        countOf(ring, 0)
      ) : (
        <a href={addressOf('/devices', { rollout, ring: rings.indexOf(ring), ...query })}>{countInWords(read(ring))}</a>
      ),
  })
  return (
    <Table
      caption="Rings of the rollout"
      rows={rings}
      keyOf={(ring) => ring.name}
      columns={[
        {
          name: 'Ring',
          cell: (ring) => (
            <>
              {ring.name} <span class="muted selects">{ring.selects}</span>
            </>
          ),
        },
        { name: 'State', cell: (ring) => <State of={ring.state} /> },
        { name: 'Devices', cell: (ring) => <RingBar ring={ring} /> },
        linked('Target', (ring) => ring.target, {}),
        count('Began', (ring) => ring.began),
        count('Downloaded', (ring) => ring.downloaded),
        count('Activated', (ring) => ring.activated),
        linked('Healthy', (ring) => ring.healthy, { state: 'healthy' }),
        count('Failed', (ring) => ring.failed),
        count('Timed out', (ring) => ring.timedOut),
        count('Returned', (ring) => ring.returned),
        { name: 'Silent', isNumber: true, cell: (ring) => <Silent ring={ring} /> },
      ]}
    />
  )
}

function countOf({ state }: Ring, count: number): string {
  return count === 0 && state === 'waiting' ? '' : countInWords(count)
}

function Silent({ ring }: { ring: Ring }) {
  const { offline, online } = ring.silent
  if (offline + online === 0) return <>{countOf(ring, 0)}</>
  const parts = `offline ${countInWords(offline)}, online without a report ${countInWords(online)}`
  return (
    <span title={parts}>
      {countInWords(offline + online)}
      <span class="hidden">, {parts}</span>
    </span>
  )
}
