import type { DeviceDetail, HistoryRow } from '@shoal/tracker/api'
import { addressOf, deviceAddress, rolloutAddress } from '../address.ts'
import { useResource } from '../api.ts'
import { movedBytes } from '../charts/sources.ts'
import { bytesInWords, shareInWords } from '../format.ts'
import { Checkup } from '../parts/checkup.tsx'
import { Facts, Loaded, Page, Section } from '../parts/page.tsx'
import { InstallText } from '../parts/install-text.tsx'
import { Listing } from '../parts/listing.tsx'
import { ReleaseLink } from '../parts/rollout-card.tsx'
import { State } from '../parts/state.tsx'
import { Table } from '../parts/table.tsx'
import { Ago, Moment } from '../parts/time.tsx'

export function DevicePage({ id }: { id: string }) {
  const device = useResource<DeviceDetail>(deviceAddress(id))
  return (
    <Page title={`Device …${id.slice(-10)}`} lead={<code class="id">{id}</code>}>
      <Loaded resource={device}>
        {(row) => (
          <>
            <Facts rows={factsOf(row)} />
            <Section title="What it has">
              <Table
                caption="What the device has"
                rows={row.installs}
                keyOf={({ product, channel }) => `${product}@${channel}`}
                columns={[
                  { name: 'Channel', cell: ({ product, channel }) => `${product}@${channel}` },
                  { name: 'Release', cell: (each) => <InstallText install={each} /> },
                  { name: 'Since', cell: (each) => <Ago atMs={each.sinceMs} /> },
                ]}
              />
            </Section>
            {row.checkup !== undefined && (
              <Section
                title="How it is"
                note={
                  <>
                    Examined <Ago atMs={row.checkup.atMs} />
                  </>
                }
              >
                <Checkup checks={row.checkup.checks} />
              </Section>
            )}
            <Section title="Rollouts it belongs to">
              <Table
                caption="Rollouts that the device belongs to"
                rows={row.progress}
                keyOf={({ rollout }) => rollout}
                columns={[
                  {
                    name: 'Rollout',
                    cell: (each) => (
                      <a href={rolloutAddress(each.rollout)}>
                        {each.product} {each.version}
                      </a>
                    ),
                  },
                  { name: 'Ring', isNumber: true, cell: ({ ring }) => (ring === undefined ? '–' : ring + 1) },
                  { name: 'State', cell: (each) => <State of={each.state} code={each.code} /> },
                  { name: 'Since', cell: (each) => <Ago atMs={each.sinceMs} /> },
                ]}
              />
            </Section>
          </>
        )}
      </Loaded>
      <Section title="What it reported">
        <Listing<HistoryRow> path={`${deviceAddress(id)}/history`} noun="report">
          {(rows) => <History rows={rows} />}
        </Listing>
      </Section>
    </Page>
  )
}

function History({ rows }: { rows: readonly HistoryRow[] }) {
  return (
    <Table
      caption="Reports of the device, the newest first"
      rows={rows}
      keyOf={({ counter }) => counter}
      columns={[
        { name: 'At', cell: ({ atMs }) => <Moment atMs={atMs} /> },
        {
          name: 'Release',
          cell: (row) => (
            <>
              {row.product} <ReleaseLink {...row} />
            </>
          ),
        },
        { name: 'State', cell: (row) => <State of={row.state} code={row.code} /> },
        {
          name: 'Downloaded',
          isNumber: true,
          cell: ({ bytes }) => (bytes === undefined ? '' : bytesInWords(movedBytes(bytes))),
        },
        {
          name: 'From the origin',
          isNumber: true,
          cell: ({ bytes }) => (bytes === undefined ? '' : shareInWords(bytes.origin, movedBytes(bytes))),
        },
      ]}
    />
  )
}

function factsOf({ site, group, platform, agent, labels, heardMs, reportedMs, firstSeenMs }: DeviceDetail) {
  const marks = Object.entries(labels)
  return [
    ['Site', site === '' ? '–' : <a href={addressOf('/devices', { site })}>{site}</a>],
    ['Group', group === '' ? '–' : <a href={addressOf('/devices', { group })}>{group}</a>],
    ['Labels', marks.length === 0 ? '–' : marks.map(([name, value]) => `${name}=${value}`).join(', ')],
    ['Platform', platform],
    ['Program', agent],
    ['Heard of', <Ago atMs={heardMs} />],
    ['Last report', <Ago atMs={reportedMs} />],
    ['Known since', <Ago atMs={firstSeenMs} />],
  ] as const
}
