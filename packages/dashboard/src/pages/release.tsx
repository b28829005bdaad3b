import type { ReleaseView } from '@shoal/tracker/api'
import { addressOf } from '../address.ts'
import { useResource } from '../api.ts'
import { SourceFigure } from '../charts/source-bar.tsx'
import { plural, shareInWords } from '../format.ts'
import { Facts, Loaded, Page, Section } from '../parts/page.tsx'
import { BeginHint, RolloutCard } from '../parts/rollout-card.tsx'
import { SignedRelease } from '../parts/signed-release.tsx'

export function ReleasePage(props: { product: string; channel: string; version: string }) {
  const { product, channel, version } = props
  const path = `/releases/${[product, channel, version].map(encodeURIComponent).join('/')}`
  const resource = useResource<ReleaseView>(path)
  return (
    <Page
      title={`${product} ${version}`}
      lead={
        <span class="muted">
          {product}@{channel}
        </span>
      }
    >
      <Loaded resource={resource}>
        {(release) => (
          <>
            <Facts rows={factsOf(release)} />
            <SignedRelease of={release.signed} />
            <Section title="Rollouts">
              {release.rollouts.length === 0 && (
                <p class="empty">
                  It was in none. <BeginHint release={release} />
                </p>
              )}
              {release.rollouts.map((rollout) => (
                <RolloutCard key={rollout.id} rollout={rollout} />
              ))}
            </Section>
            {release.rollouts.length > 0 && (
              <Section title="How it travelled">
                <SourceFigure title="Bytes by source, since its last rollout began" bytes={release.bytes} />
              </Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}

function factsOf(release: ReleaseView) {
  const { product, channel, version, isBase, isStep, withdrawn, devices, holders, rollouts, bytes } = release
  const had = bytes.reused + bytes.patched
  return [
    [
      'May be installed',
      withdrawn
        ? 'by nobody: it is withdrawn'
        : isBase
          ? 'by every device of the channel'
          : rollouts.length > 0
            ? 'by the rings that are open'
            : 'as its channel says',
    ],
    ...(isStep ? [['On the way up', 'not to be skipped'] as const] : []),
    ['Have it', <a href={addressOf('/devices', { product, channel, version })}>{plural(devices, 'device')}</a>],
    ['Have it and are there', plural(holders, 'device')],
    [
      'Already on the devices',
      bytes.total === 0 ? 'not known yet' : `${shareInWords(had, bytes.total)} of what they needed`,
    ],
  ] as const
}
