import type { DeviceDetail } from '@shoal/tracker/api'
import { State } from './state.tsx'
import { Table } from './table.tsx'

type Check = NonNullable<DeviceDetail['checkup']>['checks'][number]

const WORST_FIRST: readonly Check['verdict'][] = ['fail', 'warn', 'unknown', 'ok']

/** What the device's doctor found, the worst first. */
export function Checkup({ checks }: { checks: readonly Check[] }) {
  return (
    <Table
      caption="What the device’s doctor found"
      rows={WORST_FIRST.flatMap((verdict) => checks.filter((each) => each.verdict === verdict))}
      keyOf={({ check }) => check}
      columns={[
        { name: 'Check', cell: ({ check }) => check },
        { name: 'Verdict', isShort: true, cell: ({ verdict }) => <State of={verdict} /> },
        { name: 'Finding', cell: ({ text }) => text },
      ]}
    />
  )
}
