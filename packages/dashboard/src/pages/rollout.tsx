import type { GateCondition, RolloutView } from '@shoal/tracker/api'
import { addressOf, rolloutAddress } from '../address.ts'
import { useResource } from '../api.ts'
import { PaceChart } from '../charts/pace-chart.tsx'
import { RingLegend } from '../charts/ring-bar.tsx'
import { SourceFigure } from '../charts/source-bar.tsx'
import { countInWords, spanInWords } from '../format.ts'
import { fleet } from '../live.ts'
import { Icon } from '../parts/icon.tsx'
import { Facts, Loaded, Page, Section } from '../parts/page.tsx'
import { ReleaseLink } from '../parts/rollout-card.tsx'
import { RingTable } from '../parts/ring-table.tsx'
import { RolloutOrders } from '../parts/rollout-orders.tsx'
import { State } from '../parts/state.tsx'
import { Ago } from '../parts/time.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { useState } from 'preact/hooks'

export function RolloutPage({ id }: { id: string }) {
  const [ordered, setOrdered] = useState<RolloutView>()
  const live = fleet.value?.rollouts.find((rollout) => rollout.id === id)
  const resource = useResource<RolloutView>(rolloutAddress(id), JSON.stringify(live ?? null))
  const data = newest(resource.data, ordered)
  const rollout = data?.rollout
  const title = rollout === undefined ? 'Rollout' : `${rollout.product} ${rollout.version}`
  return (
    <Page
      title={title}
      lead={
        rollout !== undefined && (
          <>
            <State of={rollout.state} />
            <span class="muted">
              since <Ago atMs={rollout.sinceMs} />
            </span>
          </>
        )
      }
    >
      <Loaded resource={data === undefined ? resource : { ...resource, data }}>
        {(view) => <View view={view} onOrder={setOrdered} />}
      </Loaded>
    </Page>
  )
}

/** An order is answered at once with what has become of it. */
function newest(asked: RolloutView | undefined, ordered: RolloutView | undefined): RolloutView | undefined {
  if (asked === undefined || ordered === undefined) return asked
  return asked.rollout.revision < ordered.rollout.revision ? ordered : asked
}

function View({ view, onOrder }: { view: RolloutView; onOrder: (view: RolloutView) => void }) {
  const { rollout, rings, gate, reporters, bytes, pace, timeline } = view
  const last = timeline[0]?.atMs ?? rollout.sinceMs
  const nowMs = fleet.value?.atMs ?? Date.now()
  const toMs = rollout.state === 'running' ? nowMs : Math.max(last, rollout.sinceMs, pace.at(-1)?.fromMs ?? 0)
  return (
    <>
      {rollout.reason !== undefined && <p class="reason">{rollout.reason}</p>}
      <RolloutOrders view={view} onOrder={onOrder} />
      <Section title="Rings">
        <RingLegend />
        <RingTable rollout={rollout.id} rings={rings} />
        <Failures rollout={rollout.id} rings={rings} />
      </Section>
      {gate.length > 0 && (
        <Section title="Gate" note={`of ring ${rings.findLast((ring) => ring.state !== 'waiting')?.name ?? ''}`}>
          <ul class="gate">
            {gate.map((condition) => (
              <Condition key={condition.name} of={condition} isOver={rollout.state === 'halted'} />
            ))}
          </ul>
          {reporters === 'anyone' && (
            <p class="open-reports">
              Not authenticated: the fleet is open, and anybody may send reports that are counted here.
            </p>
          )}
        </Section>
      )}
      <Section title="How it went">
        <div class="two">
          <PaceChart pace={pace} fromMs={rollout.createdAtMs} toMs={toMs} />
          <SourceFigure title="Bytes by source, since it began" bytes={bytes} />
        </div>
      </Section>
      <Section title="Terms">
        <Facts rows={termsOf(rollout)} />
      </Section>
      <Section title="What happened">
        <Timeline entries={timeline} />
      </Section>
    </>
  )
}

function Condition({ of: { name, holds, text }, isOver }: { of: GateCondition; isOver: boolean }) {
  // What halts is over with once it is no longer so; all else may come.
  const [tone, icon, word] = holds
    ? (['good', 'check', 'Holds'] as const)
    : name === 'failure'
      ? (['bad', 'stop', 'Fails'] as const)
      : (['calm', isOver ? 'dash' : 'clock', isOver ? 'Not met' : 'Not yet'] as const)
  return (
    <li class={tone}>
      <Icon name={icon} />
      <span class="word">{word}</span>
      <span>{text.replaceAll(' %', '\u00a0%')}</span>
    </li>
  )
}

function Failures({ rollout, rings }: { rollout: string; rings: RolloutView['rings'] }) {
  const codes = rings.flatMap((ring, at) =>
    Object.entries(ring.codes).map(([code, count]) => ({ at, ring, code, count })),
  )
  if (codes.length === 0) return null
  return (
    <p class="failures">
      <State of="failed" />
      {codes.map(({ at, ring, code, count }) => (
        <a key={ring.name + code} href={addressOf('/devices', { rollout, ring: at, code })}>
          <code>{code}</code> × {countInWords(count)} in {ring.name}
        </a>
      ))}
    </p>
  )
}

function termsOf(rollout: RolloutView['rollout']) {
  const { product, channel, base, createdBy, createdAtMs, approval, returns, download, windows } = rollout
  return [
    ['Release', <ReleaseLink {...rollout} />],
    ['Channel', `${product}@${channel}`],
    ['Before it', base === undefined ? 'nothing' : <ReleaseLink product={product} channel={channel} version={base} />],
    [
      'Begun',
      <>
        <Ago atMs={createdAtMs} /> by {createdBy}
      </>,
    ],
    ['Next ring', approval === 'automatic' ? 'opens by itself' : 'waits to be promoted'],
    ['When halted by the gate', returns ? 'devices go back' : 'devices keep it'],
    ['Devices begin within', spanInWords(rollout.spreadSeconds)],
    ['Healthy after', spanInWords(rollout.soakSeconds)],
    ['Failed after', spanInWords(rollout.timeoutSeconds)],
    ['Installed when', windows.length === 0 ? 'at any time' : windows.map(windowInWords).join('; ')],
    ['Fetched', download === 'at-once' ? 'as soon as a ring is open' : 'in the window'],
  ] as const
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function windowInWords({ days, fromMinute, toMinute, zone }: RolloutView['rollout']['windows'][number]): string {
  const on = days.length === 7 ? 'daily' : days.map((day) => DAYS[day] ?? '').join(', ')
  return `${on} ${clock(fromMinute)}–${clock(toMinute)} ${zone}`
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
