/** Taking reports in: what is new is told apart first, then folded to one row a device, so that a batch costs a handful of statements. */
import type { Report } from '@shoal/release'
import { LIMITS } from '../../limits.ts'
import type { ReportStore, Taken } from '../store.ts'
import { listOf, number, text, valuesOf, type Database, type Queries, type Value } from './database.ts'
import { withinPairs } from './flows.ts'
import { foldReports, type Folded } from './fold.ts'
import { inParts } from './in-parts.ts'

export function reportStore(database: Database): ReportStore {
  let devices: number | undefined

  async function countDevices(): Promise<number> {
    devices ??= number((await database.all('SELECT count(*) AS n FROM devices'))[0], 'n')
    return devices
  }

  return {
    async takeReports(reports, atMs) {
      if (reports.length === 0) return []
      const room = LIMITS.devicesMax - (await countDevices())
      const { taken, added } = await database.transaction(async (queries) => take(queries, reports, atMs, room))
      devices = (devices ?? 0) + added
      return taken
    },
    async markHeard(ids, atMs) {
      if (ids.length === 0) return
      await database.run(`UPDATE devices SET heard_ms = ? WHERE heard_ms < ? AND id IN ${listOf(ids)}`, [
        ...[atMs, atMs],
        ...ids,
      ])
    },
    async forgetOld(nowMs) {
      devices = undefined
      return await database.transaction((queries) => forget(queries, nowMs))
    },
  }
}

interface Intake {
  taken: Taken[]
  /** Devices that were not known. */
  added: number
}

async function take(queries: Queries, reports: readonly Report[], atMs: number, room: number): Promise<Intake> {
  const known = await knownDevices(queries, reports)
  const checked = await knownCheckups(queries, reports)
  const strangers = new Set<string>()
  const judged = reports.map((report): Taken => {
    const device = known.get(report.device)
    if (device === undefined) {
      if (!strangers.has(report.device) && strangers.size >= room) return 'full'
      strangers.add(report.device)
      return 'new'
    }
    // `present` says what is, and leaves no line in the history: the newest one counts, and the newest with checks.
    const newest = report.checks === undefined ? device.counter : (checked.get(report.device) ?? 0)
    const floor = report.state === 'present' ? newest : device.floor
    return report.counter <= floor ? 'known' : 'new'
  })
  const fresh = await addHistory(
    queries,
    reports.filter((_, at) => judged[at] === 'new'),
    atMs,
  )
  const told = new Set<string>()
  const taken = reports.map((report, at): Taken => {
    const key = keyOf(report)
    if (judged[at] !== 'new' || (fresh.has(report) && !told.has(key))) {
      told.add(key)
      return judged[at] ?? 'full'
    }
    return 'known'
  })

  const rollouts = await knownRollouts(queries, fresh)
  await write(queries, foldReports([...fresh], rollouts, atMs), atMs)
  return { taken, added: strangers.size }
}

function keyOf({ device, counter }: Pick<Report, 'device' | 'counter'>): string {
  return `${device} ${counter}`
}

async function knownDevices(
  queries: Queries,
  reports: readonly Report[],
): Promise<Map<string, { counter: number; floor: number }>> {
  const ids = [...new Set(reports.map(({ device }) => device))]
  const rows = await queries.all(`SELECT id, counter, floor FROM devices WHERE id IN ${listOf(ids)}`, ids)
  return new Map(rows.map((row) => [text(row, 'id'), { counter: number(row, 'counter'), floor: number(row, 'floor') }]))
}

/** Of devices that say what their doctor found: by which report it is known. */
async function knownCheckups(queries: Queries, reports: readonly Report[]): Promise<Map<string, number>> {
  const ids = [...new Set(reports.flatMap(({ device, checks }) => (checks === undefined ? [] : [device])))]
  if (ids.length === 0) return new Map()
  const rows = await queries.all(`SELECT device, counter FROM checkups WHERE device IN ${listOf(ids)}`, ids)
  return new Map(rows.map((row) => [text(row, 'device'), number(row, 'counter')]))
}

/** Of a rollout: what it brings, so that a report about something else is not counted for it. */
async function knownRollouts(queries: Queries, reports: ReadonlySet<Report>): Promise<Map<string, string>> {
  const ids = [...new Set([...reports].flatMap(({ rollout }) => rollout ?? []))]
  if (ids.length === 0) return new Map()
  const rows = await queries.all(`SELECT id, product, channel, version FROM rollouts WHERE id IN ${listOf(ids)}`, ids)
  return new Map(
    rows.map((row) => [`${text(row, 'id')} ${text(row, 'product')}@${text(row, 'channel')}`, text(row, 'version')]),
  )
}

/** Those of the reports that were not there yet, each once. */
async function addHistory(queries: Queries, reports: readonly Report[], atMs: number): Promise<Set<Report>> {
  const fresh = new Set<Report>(reports.filter(({ state }) => state === 'present'))
  const lines = new Map<string, Report>()
  for (const report of reports) {
    const key = keyOf(report)
    if (report.state !== 'present' && !lines.has(key)) lines.set(key, report)
  }
  if (lines.size === 0) return fresh
  const rows = [...lines.values()].map((report): Value[] => [
    ...[report.device, report.counter, report.atMs, atMs, report.product, report.channel, report.version],
    ...[report.rollout ?? null, report.state, report.code ?? null],
    report.bytes === undefined ? null : JSON.stringify(report.bytes),
  ])
  const { placeholders, values } = valuesOf(rows)
  const added = await queries.all(
    `INSERT INTO reports (device, counter, at_ms, received_ms, product, channel, version, rollout, state, code, bytes)
     VALUES ${placeholders} ON CONFLICT DO NOTHING RETURNING device, counter`,
    values,
  )
  for (const row of added) {
    const report = lines.get(keyOf({ device: text(row, 'device'), counter: number(row, 'counter') }))
    if (report !== undefined) fresh.add(report)
  }
  return fresh
}

/** Always in this order, and each table in the order of its keys: two trackers never wait for each other in a ring. */
async function write(queries: Queries, folded: Folded, atMs: number): Promise<void> {
  await put(
    queries,
    folded.devices,
    `INSERT INTO devices (id, site, grp, labels, platform, agent, counter, first_seen_ms, reported_ms, heard_ms, floor, placed)`,
    `ON CONFLICT (id) DO UPDATE SET
       placed = CASE WHEN excluded.counter > devices.counter AND (excluded.site <> devices.site OR excluded.grp <> devices.grp
         OR excluded.labels <> devices.labels) THEN 0 ELSE devices.placed END,
       ${newer('devices', ['site', 'grp', 'labels', 'platform', 'agent', 'counter'])},
       reported_ms = excluded.reported_ms, heard_ms = excluded.heard_ms`,
    [atMs, atMs, atMs, 0, 0],
  )
  await put(
    queries,
    folded.checkups,
    'INSERT INTO checkups (device, counter, at_ms, checks)',
    `ON CONFLICT (device) DO UPDATE SET ${newer('checkups', ['at_ms', 'checks', 'counter'])}`,
  )
  await put(
    queries,
    folded.installs,
    'INSERT INTO installs (device, product, channel, counter, version, state, code, rollout, installed, since_ms)',
    `ON CONFLICT (device, product, channel) DO UPDATE SET
       since_ms = CASE WHEN excluded.counter > installs.counter AND (excluded.state <> installs.state OR excluded.version <> installs.version)
         THEN excluded.since_ms ELSE installs.since_ms END,
       installed = CASE WHEN excluded.counter > installs.counter THEN coalesce(excluded.installed, installs.installed)
         ELSE coalesce(installs.installed, excluded.installed) END,
       ${newer('installs', ['version', 'state', 'code', 'rollout', 'counter'])}`,
    [atMs],
  )
  await put(
    queries,
    folded.progress,
    'INSERT INTO progress (rollout, device, counter, state, reached, code, ring, began_ms, since_ms)',
    `ON CONFLICT (rollout, device) DO UPDATE SET
       began_ms = coalesce(progress.began_ms, excluded.began_ms), since_ms = excluded.since_ms,
       reached = CASE WHEN excluded.reached > progress.reached THEN excluded.reached ELSE progress.reached END,
       code = coalesce(excluded.code, progress.code),
       ${newer('progress', ['state', 'counter'])}`,
    [null, atMs, atMs],
  )
  await put(
    queries,
    folded.pace,
    'INSERT INTO rollout_pace (rollout, from_ms, downloaded, activated, healthy, failed)',
    `ON CONFLICT (rollout, from_ms) DO UPDATE SET ${sums('rollout_pace', ['downloaded', 'activated', 'healthy', 'failed'])}`,
  )
  await put(
    queries,
    folded.hours,
    `INSERT INTO traffic_hours (hour_ms, site, product, channel, ${BYTES.join(', ')})`,
    `ON CONFLICT (hour_ms, site, product, channel) DO UPDATE SET ${sums('traffic_hours', BYTES)}`,
  )
  await put(
    queries,
    folded.sites,
    `INSERT INTO traffic_sites (site, ${BYTES.join(', ')})`,
    `ON CONFLICT (site) DO UPDATE SET ${sums('traffic_sites', BYTES)}`,
  )
  await put(
    queries,
    await withinPairs(queries, folded.flows),
    'INSERT INTO traffic_flows (site, kind, from_site, bytes)',
    `ON CONFLICT (site, kind, from_site) DO UPDATE SET ${sums('traffic_flows', ['bytes'])}`,
  )
}

/** In the order in which `fold` has them. */
export const BYTES = ['total', 'reused', 'patched', 'origin', 'lan_peers', 'wan_peers', 'cache', 'wasted'] as const

async function put(
  queries: Queries,
  rows: readonly (readonly Value[])[],
  insert: string,
  onConflict: string,
  more: readonly Value[] = [],
): Promise<void> {
  for (const some of inParts(rows)) {
    const { placeholders, values } = valuesOf(some.map((row) => [...row, ...more]))
    await queries.run(`${insert} VALUES ${placeholders} ${onConflict}`, values)
  }
}

/** What a later report says replaces what an earlier one said, whichever arrives first. */
function newer(table: string, columns: readonly string[]): string {
  return columns
    .map(
      (column) =>
        `${column} = CASE WHEN excluded.counter > ${table}.counter THEN excluded.${column} ELSE ${table}.${column} END`,
    )
    .join(', ')
}

/** Devices may lie; whatever they say, a sum can still be read. */
function sums(table: string, columns: readonly string[]): string {
  return columns
    .map((column) => {
      const sum = `${table}.${column} + excluded.${column}`
      return `${column} = CASE WHEN ${sum} > ${Number.MAX_SAFE_INTEGER} THEN ${Number.MAX_SAFE_INTEGER} ELSE ${sum} END`
    })
    .join(', ')
}

async function forget(queries: Queries, nowMs: number): Promise<number> {
  const old = await queries.all('SELECT received_ms FROM reports WHERE received_ms < ? ORDER BY received_ms LIMIT ?', [
    nowMs - LIMITS.reportsKeptMs,
    LIMITS.forgottenAtOnceMax,
  ])
  const untilMs = number(old.at(-1), 'received_ms')
  const floors = await queries.all(
    'SELECT device, max(counter) AS floor FROM reports WHERE received_ms <= ? GROUP BY device ORDER BY device',
    [untilMs],
  )
  for (const row of floors) {
    // Younger reports below the floor stay in the history; they are known either way.
    const floor = number(row, 'floor')
    await queries.run('UPDATE devices SET floor = ? WHERE id = ? AND floor < ?', [floor, text(row, 'device'), floor])
  }
  const reports = await queries.run('DELETE FROM reports WHERE received_ms <= ?', [untilMs])
  const hours = await queries.run('DELETE FROM traffic_hours WHERE hour_ms < ?', [nowMs - LIMITS.trafficKeptMs])
  return reports + hours
}
