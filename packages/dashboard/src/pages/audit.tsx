import type { AuditEntry } from '@shoal/tracker/api'
import { rolloutAddress } from '../address.ts'
import { Find } from '../parts/find.tsx'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { Moment } from '../parts/time.tsx'

export function AuditPage() {
  return (
    <Page title="Audit" lead={<span class="muted">Who changed what, and what gates decided</span>}>
      <Find label="Audit">
        <label>
          By
          <input name="by" placeholder="name of a token" />
        </label>
      </Find>
      <Listing<AuditEntry> path="/audit" noun="entry" nouns="entries">
        {(rows) => (
          <Table
            caption="Audit log, the newest first"
            rows={rows}
            keyOf={({ id }) => id}
            columns={[
              { name: 'At', cell: ({ atMs }) => <Moment atMs={atMs} /> },
              { name: 'By', isShort: true, cell: ({ by }) => by },
              { name: 'Did', cell: ({ action }) => <code>{action}</code> },
              {
                name: 'To',
                isShort: true,
                cell: ({ subject, rollout }) =>
                  rollout === undefined ? subject : <a href={rolloutAddress(rollout)}>{subject}</a>,
              },
              { name: 'In words', isWide: true, cell: ({ text }) => text },
            ]}
          />
        )}
      </Listing>
    </Page>
  )
}
