/**
 * What a tracker keeps: devices, what they reported, rollouts, and who decided what. One database, that several tracker processes may share.
 * Everything that goes in or comes out is plain data, so that a store can live in another thread. All times are epoch milliseconds.
 */
import type { Report, ReportCheck } from '@shoal/release'
import type { Channel } from '../rollout/channel.ts'
import type { RingTotals, Rollout } from '../rollout/rollout.ts'

/** Each method rejects with TrackerError STORE_UNAVAILABLE when the database does not answer; what it was told may then be done or not. */
export type Store = ReportStore &
  DeviceStore &
  RolloutStore &
  TrafficStore &
  AuditStore &
  TokenStore &
  WebhookStore &
  AsyncDisposable & { readonly kind: 'sqlite' | 'postgres' }

export interface ReportStore {
  /**
   * One transaction: durable when it resolves. What was taken before, by device and counter, changes nothing, and neither does the order
   * of arrival. Returns for each report whether it was taken now, was known, or that there is no room for another device.
   */
  takeReports(reports: readonly Report[], atMs: number): Promise<Taken[]>
  /** Devices that were heard of without a report: they announced themselves. Unknown ones are left out. */
  markHeard(devices: readonly string[], atMs: number): Promise<void>
  /** Forgets what is older than its limit, some of it at a time; returns how much there was. */
  forgetOld(nowMs: number): Promise<number>
}

export type Taken = 'new' | 'known' | 'full'

/** How far a device is with one release. `waiting` of a rollout: in a ring, and it has not begun. */
export type DeviceState = 'waiting' | Report['state']

export interface DeviceStore {
  devices(filter: DeviceFilter, page: Page): Promise<Paged<DeviceRow>>
  device(id: string): Promise<DeviceDetail | undefined>
  /** Its reports, the newest first; `present` is not among them. */
  deviceHistory(id: string, page: Page): Promise<Paged<HistoryRow>>
  deviceTotals(nowMs: number): Promise<DeviceTotals>
  /** Which versions devices have, by channel. */
  versions(filter: { product?: string; channel?: string }): Promise<VersionCount[]>
  sites(page: Page & { text?: string }): Promise<Paged<SiteRow>>
  groups(): Promise<{ group: string; devices: number }[]>
}

export interface Page {
  /** Where the page before ended, as it said itself. */
  cursor?: string
  /** At least 1; at most `pageRowsMax` rows come. */
  limit: number
}

export interface Paged<Row> {
  rows: Row[]
  /** Of the next page; absent on the last. */
  cursor?: string
  /** Over all pages. */
  total: number
}

/** Everything that is given must hold. */
export interface DeviceFilter {
  site?: string
  group?: string
  /** Of any channel, or of `product` and `channel`; of `rollout` where that is given, and only there can it be `waiting`. */
  state?: DeviceState
  product?: string
  channel?: string
  version?: string
  rollout?: string
  ring?: number
  /** Of the rollout: those that failed with this code. */
  code?: string
  /** Not heard of since this moment. */
  silentSinceMs?: number
  /** Found in id, site, group or a label, whatever the case. */
  text?: string
}

export interface DeviceRow {
  id: string
  site: string
  group: string
  labels: Record<string, string>
  platform: string
  agent: string
  firstSeenMs: number
  /** Of the last report, and of the last that was heard at all. */
  reportedMs: number
  heardMs: number
  installs: Install[]
}

export interface Install {
  product: string
  channel: string
  version: string
  state: Report['state']
  code?: string
  rollout?: string
  sinceMs: number
  /** What the device has of the channel, as far as it told. */
  installed?: string
}

export interface DeviceDetail extends DeviceRow {
  /** What its doctor found last, by the device's clock; absent where it never said. */
  checkup?: { atMs: number; checks: readonly ReportCheck[] }
  /** Rollouts that it belongs to, the newest first. */
  progress: {
    rollout: string
    product: string
    channel: string
    version: string
    ring?: number
    state: DeviceState
    code?: string
    sinceMs: number
  }[]
}

export interface HistoryRow {
  counter: number
  atMs: number
  receivedMs: number
  product: string
  channel: string
  version: string
  rollout?: string
  state: Report['state']
  code?: string
  bytes?: NonNullable<Report['bytes']>
}

export interface DeviceTotals {
  devices: number
  /** Heard of within an hour, a day, and not within a week. */
  heardLastHour: number
  heardLastDay: number
  silentLastWeek: number
  sites: number
}

export interface VersionCount {
  product: string
  channel: string
  version: string
  state: Report['state']
  devices: number
}

export interface SiteRow {
  site: string
  devices: number
  /** Since the store remembers; content that arrived at the site's devices, by source. */
  bytes: Bytes
  flows: Flows
}

/** Of what arrived at a site, as far as its devices told: from neighbours of which sites, the most first, of further ones, and from the origin. */
export interface Flows {
  /** Its own among them; `site` is empty for those that name none. */
  sites: { site: string; bytes: number }[]
  further: number
  origin: number
}

/** Content by source, as in the report `downloaded`. */
export type Bytes = NonNullable<Report['bytes']>

export interface RolloutStore {
  /** The newest first. */
  rollouts(
    filter: { product?: string; channel?: string; state?: readonly Rollout['state'][] },
    page: Page,
  ): Promise<Paged<Rollout>>
  rollout(id: string): Promise<Rollout | undefined>
  /** For each ring, as `decide` wants them. */
  ringTotals(id: string, nowMs: number): Promise<RingTotals[]>
  /** How many devices got how far when, in buckets of five minutes that hold anything, the oldest first; for the chart of a rollout. */
  rolloutPace(id: string): Promise<Pace[]>
  /** Puts devices into the rings of rollouts, some at a time; true when all have their place. Their choice is made by `chooseRing`. */
  placeDevices(): Promise<boolean>
  channels(): Promise<StoredChannel[]>
  /** Each with the rollout that it names, as they stood at one moment. */
  channelStates(): Promise<{ channel: StoredChannel; last: Rollout | undefined }[]>
  /** The newest signed policy, whole as devices get it. */
  policy(): Promise<StoredPolicy | undefined>
  policies(page: Page): Promise<Paged<Omit<StoredPolicy, 'document'>>>
  /**
   * All or nothing, in one transaction. `conflict` when anything is no longer at the revision from which the change was made: read
   * again, decide again.
   */
  change(change: Change): Promise<'changed' | 'conflict'>
}

export interface Pace {
  fromMs: number
  downloaded: number
  activated: number
  healthy: number
  failed: number
}

export interface StoredChannel extends Channel {
  /** Rises with every change; at least 1. */
  revision: number
}

export interface StoredPolicy {
  version: number
  expiresMs: number
  createdMs: number
  document: Uint8Array
}

export interface Change {
  /** Each with its own revision raised; `from` is the revision that it was made from, absent for one that is new. */
  rollouts?: readonly {
    next: Rollout
    from?: number
    /** Its rings are others: devices that have not begun are placed anew. */
    placesAnew?: boolean
  }[]
  channels?: readonly { next: StoredChannel; from?: number }[]
  /** Its version must follow the one that is stored; the first may have any. */
  policy?: StoredPolicy
  audit: readonly NewAuditEntry[]
}

export interface TrafficStore {
  /** Content that arrived, in buckets of an hour that hold anything, the oldest first. */
  bytesByHour(filter: {
    site?: string
    product?: string
    channel?: string
    sinceMs: number
    untilMs: number
  }): Promise<({ hourMs: number } & Bytes)[]>
}

export interface NewAuditEntry {
  atMs: number
  /** Name of a token, or `engine`. */
  by: string
  /** E.g. `rollout.halt`, `token.create`. */
  action: string
  /** What it was done to, e.g. the id of a rollout. */
  subject: string
  rollout?: string
  /** Name of the ring that it is about. */
  ring?: string
  /** In words, for people. */
  text: string
}

export interface AuditEntry extends NewAuditEntry {
  /** Rises by time, also between trackers: who has seen one has missed none before it. */
  id: number
}

/** With what the rollout that it is about offers, and where. */
export interface ToldEntry extends AuditEntry {
  product?: string
  channel?: string
  version?: string
}

export interface AuditStore {
  audit(filter: { rollout?: string; by?: string }, page: Page): Promise<Paged<AuditEntry>>
  /** Of the same `metadata.announced` that several trackers hear, one is kept. */
  addAudit(entry: NewAuditEntry): Promise<void>
  /** What came after that one, the oldest first; at most `pageRowsMax`. */
  auditAfter(id: number, limit: number): Promise<ToldEntry[]>
}

/** How far a webhook is with the audit log, whose entries are what it tells of. */
export interface WebhookState {
  /** Id of the entry up to which everything is delivered. */
  cursor: number
  /** Attempts in a row that failed, since when, and why the last one did. */
  failures: number
  failingSinceMs?: number
  problem?: string
  /** Not tried before. */
  nextMs: number
  deliveredMs?: number
  /** It failed for so long, or wants no more, that it is left alone until somebody resends. */
  isDead: boolean
}

export interface WebhookRow extends WebhookState {
  name: string
  /** Entries that it has not come to yet, also those that it does not want. */
  pending: number
  /** When a tracker had it in its configuration last. */
  seenMs: number
}

export interface WebhookStore {
  /** These are configured. Those that are new begin with what happens from now on; what no tracker named for a month is forgotten. */
  keepWebhooks(names: readonly string[], atMs: number): Promise<void>
  /** By name. */
  webhooks(): Promise<WebhookRow[]>
  /** For one tracker alone, until then; undefined while another one has it, and for one that is not known. */
  claimWebhook(name: string, holder: string, nowMs: number, untilMs: number): Promise<WebhookState | undefined>
  /** And has it until then. False when it is another's by now, or was reset: then nothing is changed. */
  saveWebhook(name: string, holder: string, state: WebhookState, untilMs: number): Promise<boolean>
  /** It goes on at once, where it is or after `cursor`; whoever has it lets go. False when it is not known. */
  resetWebhook(name: string, cursor?: number): Promise<boolean>
}

export const ROLES = ['viewer', 'operator', 'publisher'] as const
export type Role = (typeof ROLES)[number]

/** A token's secret is known to its holder only: here is its sha256. */
export interface ApiToken {
  id: string
  name: string
  role: Role
  createdMs: number
  createdBy: string
  expiresMs?: number
  revokedMs?: number
  lastUsedMs?: number
}

export interface TokenStore {
  /** FULL when there are too many that are good. */
  addToken(token: ApiToken, digest: Uint8Array): Promise<void>
  /** Also when it is revoked or expired: the caller looks. */
  tokenOf(digest: Uint8Array): Promise<ApiToken | undefined>
  tokens(): Promise<ApiToken[]>
  /** False when there is none of that id, or it is revoked already. */
  revokeToken(id: string, atMs: number): Promise<boolean>
  /** Remembered to the minute. */
  markTokenUsed(id: string, atMs: number): Promise<void>
}
