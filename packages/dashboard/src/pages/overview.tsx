import type { FleetNow, Overview } from '@shoal/tracker/api'
import { useResource } from '../api.ts'
import { addressOf, rolloutAddress } from '../address.ts'
import { HoursChart } from '../charts/hours-chart.tsx'
import { RingLegend } from '../charts/ring-bar.tsx'
import { SourceFigure } from '../charts/source-bar.tsx'
import { movedBytes } from '../charts/sources.ts'
import { bytesInWords, countInWords, plural, shareInWords } from '../format.ts'
import { fleet } from '../live.ts'
import { Icon } from '../parts/icon.tsx'
import { Facts, Loaded, Page, Section } from '../parts/page.tsx'
import { BeginHint, ReleaseLink, RolloutCard } from '../parts/rollout-card.tsx'
import { Table } from '../parts/table.tsx'

/** Charts of hours need not move every second. */
const REFRESH_MS = 15_000

export function OverviewPage() {
  const live = fleet.value
  const resource = useResource<Overview>('/overview', live === undefined ? 0 : Math.floor(live.atMs / REFRESH_MS))
  return (
    <Page title="Overview">
      <Loaded resource={resource}>
        {(overview) => {
          const now = live ?? overview.now
          return (
            <>
              <Facts rows={factsOf(now, overview)} />
              <Attention of={now} />
              <Section title="Rollouts" note={<a href="/rollouts">All rollouts</a>}>
                {now.rollouts.length === 0 ? (
                  <p class="empty">
                    None is under way. <BeginHint />
                  </p>
                ) : (
                  <>
                    <RingLegend />
                    {now.rollouts.map((rollout) => (
                      <RolloutCard key={rollout.id} rollout={rollout} />
                    ))}
                  </>
                )}
              </Section>
              <Section title="Where the bytes came from">
                <div class="two">
                  <HoursChart hours={overview.day} nowMs={now.atMs} />
                  <SourceFigure title="Bytes by source, last 28 days" bytes={overview.month} />
                </div>
              </Section>
              <Section title="Versions in the field">
                <Versions rows={overview.versions} devices={now.devices.devices} />
              </Section>
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function factsOf(now: FleetNow, { avoided, day, month }: Overview) {
  const { devices, heardLastHour, sites } = now.devices
  const moved = day.reduce((sum, row) => sum + movedBytes(row), 0)
  const origin = day.reduce((sum, row) => sum + row.origin, 0)
  return [
    ['Devices', <Figured big={countInWords(devices)} small={`at ${plural(sites, 'site')}`} />],
    [
      'Heard of within the hour',
      <Figured big={countInWords(heardLastHour)} small={shareInWords(heardLastHour, devices)} />,
    ],
    [
      'Origin avoided, 28 days',
      <Figured big={bytesInWords(avoided.month)} small={`of ${bytesInWords(movedBytes(month))}`} />,
    ],
    ['From the origin, 24 hours', <Figured big={shareInWords(origin, moved)} small={bytesInWords(origin)} />],
  ] as const
}

function Figured({ big, small }: { big: string; small: string }) {
  return (
    <>
      <span class="big">{big}</span> <span class="muted">{small}</span>
    </>
  )
}

function Attention({ of: { attention } }: { of: FleetNow }) {
  if (attention.length === 0) return null
  return (
    <Section title="Needs attention">
      <ul class="attention">
        {attention.map(({ level, code, text, fix, rollout, webhook }) => (
          <li key={[code, rollout, webhook].join()} class={level}>
            <Icon name={level === 'failed' ? 'stop' : 'alert'} />
            <span>{level === 'failed' ? 'Failed' : 'Warning'}</span>
            <span class="what">
              {text}
              {fix !== undefined && <span class="fix">{fix}</span>}
            </span>
            {rollout !== undefined && <a href={rolloutAddress(rollout)}>Open the rollout</a>}
            {code === 'DEVICES_SILENT' && <a href={addressOf('/devices', { silentSeconds: 604_800 })}>Show them</a>}
            {code.startsWith('POLICY') && <a href="/policies">Open policies</a>}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Versions({ rows, devices }: { rows: Overview['versions']; devices: number }) {
  return (
    <Table
      caption="Versions in the field"
      rows={rows}
      keyOf={({ product, channel, version }) => [product, channel, version].join(' ')}
      empty="No device has reported yet."
      columns={[
        { name: 'Channel', cell: ({ product, channel }) => `${product}@${channel}` },
        { name: 'Version', cell: (row) => <ReleaseLink {...row} /> },
        { name: 'Share', cell: (row) => <ShareBar part={row.devices} whole={devices} /> },
        {
          name: 'Devices',
          isNumber: true,
          cell: ({ product, channel, version, devices: count }) => (
            <a href={addressOf('/devices', { product, channel, version })}>{countInWords(count)}</a>
          ),
        },
        { name: 'Of all', isNumber: true, cell: (row) => shareInWords(row.devices, devices) },
      ]}
    />
  )
}

function ShareBar({ part, whole }: { part: number; whole: number }) {
  return (
    <span class="bar" aria-hidden="true">
      <span class="share" style={{ flexGrow: part }} />
      <span style={{ flexGrow: Math.max(0, whole - part) }} />
    </span>
  )
}
