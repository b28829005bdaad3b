import type { PolicyView } from '@shoal/tracker/api'
import { rolloutAddress } from '../address.ts'
import { useResource } from '../api.ts'
import { fleet } from '../live.ts'
import { Facts, Loaded, Page, Section } from '../parts/page.tsx'
import { ReleaseLink } from '../parts/rollout-card.tsx'
import { Table } from '../parts/table.tsx'
import { Ago } from '../parts/time.tsx'

export function PoliciesPage() {
  const revision = fleet.value?.rollouts.map(({ id, revision }) => id + String(revision)).join() ?? ''
  const resource = useResource<PolicyView>('/policies', revision)
  return (
    <Page title="Policies" lead={<span class="muted">What devices are told, signed</span>}>
      <Loaded resource={resource}>
        {({ current, channels }) => (
          <>
            {current === undefined ? (
              <p class="empty">There is no policy yet: staged channels install nothing new.</p>
            ) : (
              <Facts
                rows={[
                  ['Version', current.version],
                  ['Signed', <Ago atMs={current.createdMs} />],
                  ['Expires', <Ago atMs={current.expiresMs} />],
                ]}
              />
            )}
            <Section title="Staged channels">
              <Table
                caption="Staged channels"
                rows={channels}
                keyOf={({ product, channel }) => `${product}@${channel}`}
                empty="None. Channels that are not staged install the newest at once."
                columns={[
                  { name: 'Channel', cell: ({ product, channel }) => `${product}@${channel}` },
                  {
                    name: 'For everybody',
                    cell: ({ base, ...rest }) =>
                      base === undefined ? 'nothing' : <ReleaseLink {...rest} version={base} />,
                  },
                  { name: 'Not to be skipped', cell: ({ steps }) => (steps.length === 0 ? '–' : steps.join(', ')) },
                  {
                    name: 'Withdrawn',
                    cell: ({ withdrawn }) =>
                      withdrawn.length === 0 ? '–' : withdrawn.map(({ version }) => version).join(', '),
                  },
                  {
                    name: 'Last rollout',
                    cell: ({ rollout }) =>
                      rollout === undefined ? '–' : <a href={rolloutAddress(rollout)}>{rollout}</a>,
                  },
                ]}
              />
            </Section>
            {current !== undefined && (
              <Section title="The document">
                <details>
                  <summary>As devices get it</summary>
                  <pre tabIndex={0}>{indented(current.document)}</pre>
                </details>
              </Section>
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}

function indented(document: string): string {
  try {
    return JSON.stringify(JSON.parse(document), undefined, 2)
  } catch {
    return document
  }
}
