import type { SiteRow } from '@shoal/tracker/api'
import { addressOf } from '../address.ts'
import { SourceLegend } from '../charts/legend.tsx'
import { SourceBar } from '../charts/source-bar.tsx'
import { avoidedBytes, movedBytes, SOURCES } from '../charts/sources.ts'
import { bytesInWords, countInWords, shareInWords } from '../format.ts'
import { Find } from '../parts/find.tsx'
import { FlowTable } from '../parts/flow-table.tsx'
import { Listing } from '../parts/listing.tsx'
import { Page, Section } from '../parts/page.tsx'
import { siteName } from '../parts/site-name.ts'
import { Table } from '../parts/table.tsx'
import { place } from '../route.ts'

export function SitesPage() {
  return (
    <Page title="Sites" lead={<span class="muted">Where the bytes of each site’s devices came from</span>}>
      <Find label="Sites">
        <label>
          Search
          <input type="search" name="text" />
        </label>
      </Find>
      <Listing<SiteRow> path="/sites" noun="site">
        {(rows) => (
          <>
            <SourceLegend />
            <Table
              caption="Bytes by site and source"
              rows={rows}
              keyOf={({ site }) => site}
              empty={place.value.query.size === 0 ? 'No device has reported yet.' : 'No site is like that.'}
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
            <Section
              title="From site to site"
              note="A row for each site where bytes arrived, a column for each that sent them"
            >
              <FlowTable rows={rows} />
            </Section>
          </>
        )}
      </Listing>
    </Page>
  )
}
