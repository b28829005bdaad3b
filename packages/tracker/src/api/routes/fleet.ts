import { avoidedBytes, sumBytes } from '../bytes.ts'
import type { ApiDeps } from '../deps.ts'
import { readFleet } from '../fleet-now.ts'
import { list } from '../list.ts'
import { route } from '../route.ts'
import { summarise } from '../rollout-view.ts'
import { auditEntry, auditFilter } from '../schemas/audit.ts'
import type { VersionCount } from '../../store/store.ts'
import type { RoleSigners } from '@shoal/release'
import type { SignedRelease } from '../../origin/signed-release.ts'
import { overview, policyView, releaseParams, releaseView } from '../schemas/fleet.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MONTH_DAYS = 28
const RELEASE_ROLLOUTS = 20

export const fleetRoutes = [
  route({
    method: 'GET',
    path: '/overview',
    role: 'viewer',
    summary: 'The fleet at a glance.',
    answer: overview,
    async handle(_asked, deps: ApiDeps) {
      const { store, aggregates, now } = deps
      const untilMs = now()
      const [fleet, versions, hours] = await Promise.all([
        readFleet(deps),
        aggregates.versions(),
        store.bytesByHour({ sinceMs: untilMs - MONTH_DAYS * DAY_MS, untilMs }),
      ])
      const day = hours.filter(({ hourMs }) => hourMs > untilMs - DAY_MS)
      const month = sumBytes(hours)
      return {
        now: fleet,
        versions: sumVersions(versions),
        day,
        month,
        avoided: { day: avoidedBytes(sumBytes(day)), month: avoidedBytes(month) },
      }
    },
  }),
  route({
    method: 'GET',
    path: '/releases/:product/:channel/:version',
    role: 'viewer',
    summary: 'One release: who has it, and how it got there.',
    params: releaseParams,
    answer: releaseView,
    async handle({ params }, { store, aggregates, readSigned, now }: ApiDeps) {
      const { product, channel, version } = params
      const untilMs = now()
      const [signed, counts, channels, rollouts, silent] = await Promise.all([
        readSigned?.(params) ?? NO_ORIGIN,
        aggregates.versions(),
        store.channels(),
        store.rollouts({ product, channel }, { limit: RELEASE_ROLLOUTS }),
        store.devices({ product, channel, version, silentSinceMs: untilMs - HOUR_MS }, { limit: 1 }),
      ])
      const staged = channels.find((each) => each.product === product && each.channel === channel)
      const devices =
        sumVersions(counts).find(
          (each) => each.product === product && each.channel === channel && each.version === version,
        )?.devices ?? 0
      const own = rollouts.rows.filter((each) => each.version === version)
      const traffic = await store.bytesByHour({ product, channel, sinceMs: own[0]?.createdAtMs ?? untilMs, untilMs })
      return {
        ...{ product, channel, version },
        isBase: staged?.base === version,
        isStep: staged?.steps.includes(version) ?? false,
        withdrawn: staged?.withdrawn.some((each) => each.version === version) ?? false,
        devices,
        holders: Math.max(0, devices - silent.total),
        rollouts: await Promise.all(own.map(async (each) => summarise(each, await aggregates.ringTotals(each)))),
        bytes: sumBytes(traffic),
        signed: { ...signed, roles: signed.roles.map(viewSigners) },
      }
    },
  }),
  route({
    method: 'GET',
    path: '/policies',
    role: 'viewer',
    summary: 'The signed policy as devices have it, and what each staged channel stands at.',
    answer: policyView,
    async handle(_asked, { store }: ApiDeps) {
      const [policy, channels] = await Promise.all([store.policy(), store.channels()])
      if (policy === undefined) return { channels }
      const { document, ...facts } = policy
      return { current: { ...facts, document: Buffer.from(document).toString('utf8') }, channels }
    },
  }),
  list({
    path: '/audit',
    summary: 'Who changed what, and what the gates decided; the newest first.',
    filter: auditFilter,
    row: auditEntry,
    find: ({ filter, page }, { store }: ApiDeps) => store.audit(filter, page),
  }),
]

const NO_ORIGIN: SignedRelease = {
  problem:
    'This tracker cannot tell: it has no origin to look at. Start it with --policy-out and the folder of the origin.',
  ...{ roles: [], platforms: [] },
}

function viewSigners({ expires, keys, ...role }: RoleSigners) {
  return { ...role, expiresMs: expires.getTime(), keys: [...keys] }
}

/** Whatever state a device is in, it has the version. */
function sumVersions(counts: readonly VersionCount[]): Omit<VersionCount, 'state'>[] {
  const sums = new Map<string, Omit<VersionCount, 'state'>>()
  for (const { product, channel, version, devices } of counts) {
    const key = [product, channel, version].join(' ')
    sums.set(key, { product, channel, version, devices: devices + (sums.get(key)?.devices ?? 0) })
  }
  return [...sums.values()]
}
