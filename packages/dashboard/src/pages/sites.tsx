import type { Paged, SiteRow } from '@shoal/tracker/api'
import { addressOf } from '../address.ts'
import { useResource } from '../api.ts'
import { SourceLegend } from '../charts/legend.tsx'
import { SourceBar } from '../charts/source-bar.tsx'
import { avoidedBytes, movedBytes, SOURCES } from '../charts/sources.ts'
import { fieldOf } from '../form.ts'
import { bytesInWords, countInWords, shareInWords } from '../format.ts'
import { FlowTable } from '../parts/flow-table.tsx'
import { Loaded, Page, Section } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { siteName } from '../parts/site-name.ts'
import { Table } from '../parts/table.tsx'
import { goTo, place } from '../route.ts'

export function SitesPage() {
  const query = Object.fromEntries(place.value.query)
  const resource = useResource<Paged<SiteRow>>(addressOf('/sites', query))
  function apply(event: Event): void {
    event.preventDefault()
    goTo(addressOf('/sites', { text: fieldOf(event, 'text') }))
  }
  return (
    <Page title="Sites" lead={<span class="muted">Where the bytes of each site’s devices came from</span>}>
      <form key={query['text'] ?? ''} class="filters" role="search" aria-label="Sites" onSubmit={apply}>
        <label>
          Search
          <input type="search" name="text" defaultValue={query['text'] ?? ''} />
        </label>
        <button type="submit" class="primary">
          Find
        </button>
      </form>
      <Loaded resource={resource}>
        {({ rows, total, cursor }) => (
          <>
            <SourceLegend />
            <Table
              caption="Bytes by site and source"
              rows={rows}
              keyOf={({ site }) => site}
              empty="No site is like that."
              columns={[
                { name: 'Site', cell: ({ site }) => siteName(site) },
                {
                  name: 'Devices',
                  isNumber: true,
                  cell: ({ site, devices }) =>
                    site === '' ? (
                      countInWords(devices)
                    ) : (
                      <a href={addressOf('/devices', { site })}>{countInWords(devices)}</a>
                    ),
                },
                { name: 'By source', cell: ({ bytes }) => <SourceBar bytes={bytes} /> },
                ...SOURCES.map(([source, word]) => ({
                  name: word,
                  isNumber: true,
                  cell: ({ bytes }: SiteRow) => bytesInWords(bytes[source]),
                })),
                {
                  name: 'Not from the origin',
                  isNumber: true,
                  cell: ({ bytes }) => shareInWords(avoidedBytes(bytes), movedBytes(bytes)),
                },
                {
                  name: 'Cache hits',
                  isNumber: true,
                  cell: ({ bytes }) => shareInWords(bytes.cache, bytes.cache + bytes.origin + bytes.wanPeers),
                },
              ]}
            />
            <Section title="From site to site" note="What arrived at each site, by the site it came from">
              <FlowTable rows={rows} />
            </Section>
            <Pager shown={rows.length} total={total} cursor={cursor} noun="site" />
          </>
        )}
      </Loaded>
    </Page>
  )
}
