import type { RolloutSummary } from '@shoal/tracker/api'
import { RingLegend } from '../charts/ring-bar.tsx'
import { fleet } from '../live.ts'
import { Listing } from '../parts/listing.tsx'
import { Page } from '../parts/page.tsx'
import { BeginHint, RolloutCard } from '../parts/rollout-card.tsx'

const ROLLOUTS = 20

export function RolloutsPage() {
  const revision = fleet.value?.rollouts.map(({ id, revision }) => id + String(revision)).join() ?? ''
  return (
    <Page title="Rollouts">
      <Listing<RolloutSummary> path="/rollouts" revision={revision} limit={ROLLOUTS} noun="rollout">
        {(rows) => (
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
          </>
        )}
      </Listing>
    </Page>
  )
}
