import type { RolloutSummary } from '@shoal/tracker/api'
import { releaseAddress, rolloutAddress } from '../address.ts'
import { may } from '../api.ts'
import { failedOf, RingBar } from '../charts/ring-bar.tsx'
import { countInWords, shareInWords } from '../format.ts'
import { State } from './state.tsx'
import { Ago } from './time.tsx'

/** A rollout in a list: where each of its rings is. */
export function RolloutCard({ rollout, level = 3 }: { rollout: RolloutSummary; level?: 2 | 3 }) {
  const Heading = `h${level}` as const
  const { id, product, channel, version, state, sinceMs, reason, rings } = rollout
  return (
    <article class="rollout-card">
      <header>
        <Heading>
          <a href={rolloutAddress(id)}>
            {product} {version}
          </a>
        </Heading>
        <span class="muted">
          {product}@{channel}
        </span>
        <State of={state} />
        <span class="muted">
          since <Ago atMs={sinceMs} />
        </span>
      </header>
      {reason !== undefined && <p class="reason">{reason}</p>}
      <ul class="rings">
        {rings.map((ring) => (
          <li key={ring.name}>
            <span class="ring-name">{ring.name}</span>
            <RingBar ring={ring} />
            <span class="ring-count">
              {failedOf(ring) > 0 && <span class="bad ring-failed-count">{countInWords(failedOf(ring))} failed</span>}
              {countInWords(ring.healthy)} / {countInWords(ring.target)}
              <span class="muted"> {shareInWords(ring.healthy, ring.target)}</span>
            </span>
            <State of={ring.state} />
          </li>
        ))}
      </ul>
    </article>
  )
}

/** Whoever may begin one is told how; to others it is told who may. */
export function BeginHint({ release }: { release?: { product: string; channel: string; version: string } }) {
  if (!may('publisher')) return <>Publishers begin one.</>
  const what = release === undefined ? '' : ` ${release.product}@${release.channel}:${release.version}`
  return (
    <>
      One begins with <code>shoal-tracker rollout create{what}</code>.
    </>
  )
}

export function ReleaseLink(release: { product: string; channel: string; version: string }) {
  return <a href={releaseAddress(release)}>{release.version}</a>
}
