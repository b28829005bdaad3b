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
            {release.rollouts.length === 0 && (
              <p class="empty">
                It was in no rollout. <BeginHint release={release} />
              </p>
            )}
            {release.rollouts.length > 0 && (
              <>
                <Section title="Rollouts">
                  {release.rollouts.map((rollout) => (
                    <RolloutCard key={rollout.id} rollout={rollout} />
                  ))}
                </Section>
                <Section title="How it travelled">
                  <SourceFigure title="Bytes by source, since its last rollout began" bytes={release.bytes} />
                </Section>
              </>
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}

function factsOf({ product, channel, version, isBase, isStep, withdrawn, devices, holders, bytes }: ReleaseView) {
  const had = bytes.reused + bytes.patched
  return [
    [
      'May be installed',
      withdrawn
        ? 'by nobody: it is withdrawn'
        : isBase
          ? 'by every device of the channel'
          : 'by the rings that are open',
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
