import type { AuditEntry, Paged } from '@shoal/tracker/api'
import { addressOf, rolloutAddress } from '../address.ts'
import { useResource } from '../api.ts'
import { fieldOf } from '../form.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { Table } from '../parts/table.tsx'
import { Moment } from '../parts/time.tsx'
import { goTo, place } from '../route.ts'

export function AuditPage() {
  const query = Object.fromEntries(place.value.query)
  const resource = useResource<Paged<AuditEntry>>(addressOf('/audit', query))
  function apply(event: Event): void {
    event.preventDefault()
    goTo(addressOf('/audit', { by: fieldOf(event, 'by') }))
  }
  return (
    <Page title="Audit" lead={<span class="muted">Who changed what, and what gates decided</span>}>
      <form key={query['by'] ?? ''} class="filters" role="search" aria-label="Audit" onSubmit={apply}>
        <label>
          By
          <input name="by" defaultValue={query['by'] ?? ''} placeholder="name of a token" />
        </label>
        <button type="submit" class="primary">
          Find
        </button>
      </form>
      <Loaded resource={resource}>
        {({ rows, total, cursor }) => (
          <>
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
                { name: 'In words', cell: ({ text }) => text },
              ]}
            />
            <Pager shown={rows.length} total={total} cursor={cursor} noun="entry" nouns="entries" />
          </>
        )}
      </Loaded>
    </Page>
  )
}
