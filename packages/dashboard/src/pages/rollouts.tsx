import type { Paged, RolloutSummary } from '@shoal/tracker/api'
import { addressOf } from '../address.ts'
import { useResource } from '../api.ts'
import { RingLegend } from '../charts/ring-bar.tsx'
import { fleet } from '../live.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Pager } from '../parts/pager.tsx'
import { BeginHint, RolloutCard } from '../parts/rollout-card.tsx'
import { place } from '../route.ts'

export function RolloutsPage() {
  const query = Object.fromEntries(place.value.query)
  const revision = fleet.value?.rollouts.map(({ id, revision }) => id + String(revision)).join() ?? ''
  const resource = useResource<Paged<RolloutSummary>>(addressOf('/rollouts', { limit: 20, ...query }), revision)
  return (
    <Page title="Rollouts">
      <Loaded resource={resource}>
        {({ rows, total, cursor }) => (
          <>
            {rows.length === 0 ? (
              <p class="empty">
                There was none yet. <BeginHint />
              </p>
            ) : (
              <RingLegend />
            )}
            {rows.map((rollout) => (
              <RolloutCard key={rollout.id} rollout={rollout} level={2} />
            ))}
            <Pager shown={rows.length} total={total} cursor={cursor} noun="rollout" />
          </>
        )}
      </Loaded>
    </Page>
  )
}
