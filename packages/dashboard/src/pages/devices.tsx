import type { DeviceRow, Paged } from '@shoal/tracker/api'
import { addressOf, deviceAddress, rolloutAddress } from '../address.ts'
import { useResource } from '../api.ts'
import { fieldOf } from '../form.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { Table } from '../parts/table.tsx'
import { InstallText } from '../parts/install-text.tsx'
import { Ago } from '../parts/time.tsx'
import { goTo, place } from '../route.ts'

const STATES = ['waiting', 'present', 'began', 'downloaded', 'activated', 'healthy', 'failed', 'returned']
const SILENCES = [
  [3_600, 'an hour'],
  [86_400, 'a day'],
  [604_800, 'a week'],
] as const
const FIELDS = ['text', 'site', 'group', 'state', 'silentSeconds'] as const
/** Set by links from other pages; shown, and taken away one by one. */
const FURTHER = ['product', 'channel', 'version', 'rollout', 'ring', 'code'] as const

export function DevicesPage() {
  const query = Object.fromEntries(place.value.query)
  const resource = useResource<Paged<DeviceRow>>(addressOf('/devices', query))
  return (
    <Page title="Devices">
      <Filters query={query} />
      <Loaded resource={resource}>
        {({ rows, total, cursor }) => (
          <>
            <Rows rows={rows} />
            <Pager shown={rows.length} total={total} cursor={cursor} noun="device" />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Filters({ query }: { query: Record<string, string> }) {
  function apply(event: Event): void {
    event.preventDefault()
    const given = Object.fromEntries(FIELDS.map((name) => [name, fieldOf(event, name)]))
    const further = Object.fromEntries(FURTHER.map((name) => [name, query[name]]))
    goTo(addressOf('/devices', { ...further, ...given }))
  }
  const set = FURTHER.filter((name) => query[name] !== undefined)
  return (
    // Anew for each address, so that the fields are what the address says.
    <form key={JSON.stringify(query)} class="filters" role="search" aria-label="Devices" onSubmit={apply}>
      <label>
        Search
        <input type="search" name="text" defaultValue={query['text'] ?? ''} placeholder="id, site, group, label" />
      </label>
      <label>
        Site
        <input name="site" defaultValue={query['site'] ?? ''} />
      </label>
      <label>
        Group
        <input name="group" defaultValue={query['group'] ?? ''} />
      </label>
      <label>
        State
        <select name="state">
          <option value="">any</option>
          {STATES.filter((state) => state !== 'waiting' || query['rollout'] !== undefined).map((state) => (
            <option key={state} selected={query['state'] === state}>
              {state}
            </option>
          ))}
        </select>
      </label>
      <label>
        Not heard of for
        <select name="silentSeconds">
          <option value="">–</option>
          {SILENCES.map(([seconds, word]) => (
            <option key={seconds} value={seconds} selected={query['silentSeconds'] === String(seconds)}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="primary">
        Find
      </button>
      {set.length > 0 && (
        <ul class="chips">
          {set.map((name) => (
            <li key={name}>
              <a href={addressOf('/devices', { ...query, cursor: undefined, [name]: undefined })}>
                {name} {query[name]} <span aria-hidden="true">×</span>
                <span class="hidden">take away</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}

function Rows({ rows }: { rows: readonly DeviceRow[] }) {
  return (
    <Table
      caption="Devices"
      rows={rows}
      keyOf={({ id }) => id}
      empty="No device is like that."
      columns={[
        { name: 'Device', cell: ({ id }) => <DeviceLink id={id} /> },
        { name: 'Site', isShort: true, cell: ({ site }) => (site === '' ? '–' : site) },
        { name: 'Group', isShort: true, cell: ({ group }) => (group === '' ? '–' : group) },
        { name: 'Has', cell: (row) => <Installs row={row} /> },
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
