import type { DeviceRow } from '@shoal/tracker/api'
import { addressOf, deviceAddress, rolloutAddress } from '../address.ts'
import { Find } from '../parts/find.tsx'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { Table } from '../parts/table.tsx'
import { InstallText } from '../parts/install-text.tsx'
import { Ago } from '../parts/time.tsx'
import { place } from '../route.ts'

const STATES = ['waiting', 'present', 'began', 'downloaded', 'activated', 'healthy', 'failed', 'returned']
const SILENCES = [
  [3_600, 'an hour'],
  [86_400, 'a day'],
  [604_800, 'a week'],
] as const
/** Set by links from other pages; shown, and taken away one by one. */
const FURTHER = ['product', 'channel', 'version', 'rollout', 'ring', 'code'] as const

export function DevicesPage() {
  const query = Object.fromEntries(place.value.query)
  return (
    <Page title="Devices">
      <Filters isOfRollout={query['rollout'] !== undefined} />
      <Chips query={query} />
      <Listing<DeviceRow> path="/devices" noun="device">
        {(rows) => <Rows rows={rows} />}
      </Listing>
    </Page>
  )
}

function Filters({ isOfRollout }: { isOfRollout: boolean }) {
  return (
    <Find label="Devices" keep={FURTHER}>
      <label>
        Search
        <input type="search" name="text" placeholder="id, site, group, label" />
      </label>
      <label>
        Site
        <input name="site" />
      </label>
      <label>
        Group
        <input name="group" />
      </label>
      <label>
        State
        <select name="state">
          <option value="">any</option>
          {STATES.filter((state) => state !== 'waiting' || isOfRollout).map((state) => (
            <option key={state}>{state}</option>
          ))}
        </select>
      </label>
      <label>
        Not heard of for
        <select name="silentSeconds">
          <option value="">–</option>
          {SILENCES.map(([seconds, word]) => (
            <option key={seconds} value={seconds}>
              {word}
            </option>
          ))}
        </select>
      </label>
    </Find>
  )
}

function Chips({ query }: { query: Record<string, string> }) {
  const set = FURTHER.filter((name) => query[name] !== undefined)
  if (set.length === 0) return null
  return (
    <ul class="chips" aria-label="Also looked for">
      {set.map((name) => (
        <li key={name}>
          <a href={addressOf('/devices', { ...query, cursor: undefined, [name]: undefined })}>
            {name} {query[name]} <span aria-hidden="true">×</span>
            <span class="hidden">take away</span>
          </a>
        </li>
      ))}
    </ul>
  )
}

function Rows({ rows }: { rows: readonly DeviceRow[] }) {
  return (
    <Table
      caption="Devices"
      rows={rows}
      keyOf={({ id }) => id}
      empty={place.value.query.size === 0 ? 'No device has reported yet.' : 'No device is like that.'}
      columns={[
        { name: 'Device', cell: ({ id }) => <DeviceLink id={id} /> },
        { name: 'Site', isShort: true, cell: ({ site }) => (site === '' ? '–' : site) },
        { name: 'Group', isShort: true, cell: ({ group }) => (group === '' ? '–' : group) },
        { name: 'Has', isWide: true, cell: (row) => <Installs row={row} /> },
        { name: 'Platform', isShort: true, cell: ({ platform }) => platform },
        { name: 'Heard of', isShort: true, cell: ({ heardMs }) => <Ago atMs={heardMs} /> },
      ]}
    />
  )
}

function DeviceLink({ id }: { id: string }) {
  return (
    <a class="id" href={deviceAddress(id)} title={id}>
      <span class="hidden">{id}</span>
      <span aria-hidden="true">…{id.slice(-10)}</span>
    </a>
  )
}

function Installs({ row }: { row: DeviceRow }) {
  if (row.installs.length === 0) return <>–</>
  return (
    <ul class="installs">
      {row.installs.map((install) => (
        <li key={`${install.product}@${install.channel}`}>
          <InstallText install={install} />
          {install.rollout !== undefined && install.state !== 'healthy' && install.state !== 'present' && (
            <a class="muted" href={rolloutAddress(install.rollout)}>
              rollout
            </a>
          )}
        </li>
      ))}
    </ul>
  )
}
