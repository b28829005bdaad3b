/** What the store knows of the fleet, read when somebody looks. While it does not answer, these metrics are absent. */
import { addReading, type Reading } from '@shoal/cli/metrics'
import type { Registry } from 'prom-client'
import { LIMITS } from '../limits.ts'
import type { DeviceTotals, Store, StoredPolicy, WebhookRow } from '../store/store.ts'

export interface FleetReadingsDeps {
  store: Pick<Store, 'deviceTotals' | 'policy' | 'rollouts' | 'webhooks'>
  /** Epoch ms. */
  now: () => number
  onFault: (error: unknown) => void
}

interface Fleet {
  devices: DeviceTotals
  policy: Omit<StoredPolicy, 'document'> | undefined
  rollouts: Record<string, number>
  webhooks: Record<ReturnType<typeof stateOfWebhook>, number>
}

const ROLLOUT_STATES = ['running', 'paused', 'halted', 'completed', 'superseded'] as const

const READINGS: readonly (Omit<Reading, 'read'> & { read: (fleet: Fleet) => Awaited<ReturnType<Reading['read']>> })[] =
  [
    {
      name: 'shoal_tracker_rollouts',
      help: 'Rollouts in the store, by state: running, paused, halted, completed, superseded.',
      label: 'state',
      read: ({ rollouts }) => rollouts,
    },
    {
      name: 'shoal_tracker_devices',
      help: 'Devices that the store remembers.',
      read: ({ devices }) => devices.devices,
    },
    {
      name: 'shoal_tracker_heard_devices',
      help: 'Devices that were heard of lately, each counted in both: within an hour, a day.',
      label: 'within',
      read: ({ devices }) => ({ hour: devices.heardLastHour, day: devices.heardLastDay }),
    },
    {
      name: 'shoal_tracker_silent_devices',
      help: 'Devices that were not heard of for a week.',
      read: ({ devices }) => devices.silentLastWeek,
    },
    {
      name: 'shoal_tracker_sites',
      help: 'Sites that those devices say they are at.',
      read: ({ devices }) => devices.sites,
    },
    {
      name: 'shoal_tracker_webhooks',
      help: 'Webhooks that are configured, by state: ok, failing (tried again), dead (given up until somebody resends).',
      label: 'state',
      read: ({ webhooks }) => webhooks,
    },
    {
      name: 'shoal_tracker_policy_version',
      help: 'Version of the newest signed policy. Absent until there is one.',
      read: ({ policy }) => policy?.version,
    },
    {
      name: 'shoal_tracker_policy_expires_timestamp_seconds',
      help: 'When that policy expires. Absent until there is one.',
      read: ({ policy }) => policy && policy.expiresMs / 1_000,
    },
  ]

export function addFleetReadings(registry: Registry, deps: FleetReadingsDeps): void {
  const fleet = readTogether(deps)
  for (const { read, ...reading } of READINGS) {
    addReading(registry, {
      ...reading,
      read: async () => {
        const found = await fleet()
        return found && read(found)
      },
    })
  }
}

function stateOfWebhook({ isDead, failures }: WebhookRow): 'ok' | 'failing' | 'dead' {
  return isDead ? 'dead' : failures > 0 ? 'failing' : 'ok'
}

/** Metrics are read one beside the other: they share one look into the store. */
function readTogether({ store, now, onFault }: FleetReadingsDeps): () => Promise<Fleet | undefined> {
  let reading: Promise<Fleet | undefined> | undefined

  async function read(): Promise<Fleet | undefined> {
    try {
      const [devices, policy, hooks, totals] = await Promise.all([
        store.deviceTotals(now()),
        store.policy(),
        store.webhooks(),
        Promise.all(ROLLOUT_STATES.map((state) => store.rollouts({ state: [state] }, { limit: 1 }))),
      ])
      const rollouts = Object.fromEntries(ROLLOUT_STATES.map((state, at) => [state, totals[at]?.total ?? 0]))
      const webhooks = { ok: 0, failing: 0, dead: 0 }
      for (const hook of hooks) if (now() - hook.seenMs < LIMITS.webhookSeenMs) webhooks[stateOfWebhook(hook)]++
      return { devices, policy, rollouts, webhooks }
    } catch (error) {
      onFault(error)
      return undefined
    } finally {
      reading = undefined
    }
  }

  return () => (reading ??= read())
}
