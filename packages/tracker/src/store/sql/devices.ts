/** What is asked about devices. */
import type { Report, ReportCheck } from '@shoal/release'
import type {
  Bytes,
  DeviceDetail,
  DeviceFilter,
  DeviceRow,
  DeviceState,
  DeviceStore,
  HistoryRow,
  Install,
  SiteRow,
} from '../store.ts'
import { listOf, number, optional, text, type Database, type Dialect, type Queries, type Row } from './database.ts'
import { NO_FLOWS, readFlows } from './flows.ts'
import { HOUR_MS } from './fold.ts'
import { contains, equal, readPage, type Condition } from './page.ts'

export function deviceStore(database: Database): DeviceStore {
  return {
    async devices(filter, page) {
      const found = await readPage(database, page, {
        select: 'd.*',
        ...asked(filter, database.dialect),
        read: readDevice,
      })
      return { ...found, rows: await withInstalls(database, found.rows) }
    },
    device: (id) => readDetail(database, id),
    deviceHistory: (id, page) =>
      readPage(database, page, {
        select: '*',
        from: 'reports',
        where: equal('device', id),
        key: 'counter',
        descending: true,
        isNumber: true,
        read: readHistory,
      }),
    async deviceTotals(nowMs) {
      const [row] = await database.all(
        `SELECT count(*) AS devices, (SELECT count(*) FROM (SELECT DISTINCT site FROM devices) each_site) AS sites,
           coalesce(sum(CASE WHEN heard_ms > ? THEN 1 ELSE 0 END), 0) AS hour,
           coalesce(sum(CASE WHEN heard_ms > ? THEN 1 ELSE 0 END), 0) AS day,
           coalesce(sum(CASE WHEN heard_ms <= ? THEN 1 ELSE 0 END), 0) AS silent
         FROM devices`,
        [nowMs - HOUR_MS, nowMs - 24 * HOUR_MS, nowMs - 7 * 24 * HOUR_MS],
      )
      return {
        devices: number(row, 'devices'),
        heardLastHour: number(row, 'hour'),
        heardLastDay: number(row, 'day'),
        silentLastWeek: number(row, 'silent'),
        sites: number(row, 'sites'),
      }
    },
    async versions({ product, channel }) {
      const conditions = [...equal('product', product), ...equal('channel', channel)]
      const where = conditions.map(({ sql }) => ` AND ${sql}`).join('')
      const rows = await database.all(
        `SELECT product, channel, installed, state, count(*) AS devices FROM installs WHERE installed IS NOT NULL${where}
         GROUP BY product, channel, installed, state ORDER BY product, channel, installed, state`,
        conditions.flatMap(({ values }) => values),
      )
      return rows.map((row) => ({
        product: text(row, 'product'),
        channel: text(row, 'channel'),
        version: text(row, 'installed'),
        state: row['state'] as Report['state'],
        devices: number(row, 'devices'),
      }))
    },
    async sites({ text: wanted, ...page }) {
      const found = await readPage(database, page, {
        select: `c.devices AS devices, ${SITE_BYTES.map((column) => `coalesce(t.${column}, 0) AS ${column}`).join(', ')}`,
        from: `(${DEVICES_BY_SITE}) c LEFT JOIN traffic_sites t ON t.site = c.site`,
        where: contains(['c.site'], wanted, database.dialect),
        key: 'c.site',
        read: readSite,
      })
      const flows = await readFlows(
        database,
        found.rows.map(({ site }) => site),
      )
      return { ...found, rows: found.rows.map((row) => ({ ...row, flows: flows.get(row.site) ?? NO_FLOWS })) }
    },
    async groups() {
      const rows = await database.all('SELECT grp, count(*) AS devices FROM devices GROUP BY grp ORDER BY grp')
      return rows.map((row) => ({ group: text(row, 'grp'), devices: number(row, 'devices') }))
    },
  }
}

/** Also a site without devices, where content once arrived. */
const DEVICES_BY_SITE = `
  SELECT site, sum(devices) AS devices FROM (
    SELECT site, count(*) AS devices FROM devices GROUP BY site UNION ALL SELECT site, 0 AS devices FROM traffic_sites
  ) each_site GROUP BY site`

const SITE_BYTES = ['total', 'reused', 'patched', 'origin', 'lan_peers', 'wan_peers', 'cache', 'wasted'] as const

/** By rollout, the devices are those of its rings; otherwise those that told of the channel. */
function asked(filter: DeviceFilter, dialect: Dialect): { from: string; key: string; where: Condition[] } {
  const { rollout, ring, state, code, product, channel, version, silentSinceMs } = filter
  const where = [
    ...equal('d.site', filter.site),
    ...equal('d.grp', filter.group),
    ...(silentSinceMs === undefined ? [] : [{ sql: 'd.heard_ms < ?', values: [silentSinceMs] }]),
    ...contains(['d.grp', 'd.site', 'd.id', 'd.labels'], filter.text, dialect),
  ]
  const ofInstall = [...equal('i.product', product), ...equal('i.channel', channel), ...equal('i.installed', version)]
  if (rollout !== undefined) {
    const ofRollout = [
      ...[...equal('p.rollout', rollout), ...equal('p.ring', ring)],
      ...[...equal('p.state', state), ...equal('p.code', code)],
    ]
    const from = 'progress p JOIN devices d ON d.id = p.device'
    return { from, key: 'p.device', where: [...ofRollout, ...where, ...existing(ofInstall)] }
  }
  return { from: 'devices d', key: 'd.id', where: [...where, ...existing([...ofInstall, ...equal('i.state', state)])] }
}

function existing(ofInstall: readonly Condition[]): Condition[] {
  if (ofInstall.length === 0) return []
  // Not asked anew for each device: SQLite would do so, a hundred thousand times.
  const sql = `d.id IN (SELECT i.device FROM installs i WHERE ${ofInstall.map((each) => each.sql).join(' AND ')})`
  return [{ sql, values: ofInstall.flatMap(({ values }) => values) }]
}

async function withInstalls(queries: Queries, devices: readonly DeviceRow[]): Promise<DeviceRow[]> {
  if (devices.length === 0) return []
  const ids = devices.map(({ id }) => id)
  const rows = await queries.all(
    `SELECT * FROM installs WHERE device IN ${listOf(ids)} ORDER BY device, product, channel`,
    ids,
  )
  const of = Map.groupBy(rows, (row) => text(row, 'device'))
  return devices.map((device) => ({ ...device, installs: (of.get(device.id) ?? []).map(readInstall) }))
}

async function readDetail(queries: Queries, id: string): Promise<DeviceDetail | undefined> {
  const [row] = await queries.all('SELECT * FROM devices WHERE id = ?', [id])
  if (row === undefined) return undefined
  const [device] = await withInstalls(queries, [readDevice(row)])
  if (device === undefined) return undefined
  const progress = await queries.all(
    `SELECT p.*, r.product, r.channel, r.version FROM progress p JOIN rollouts r ON r.id = p.rollout
     WHERE p.device = ? ORDER BY r.created_ms DESC, r.id LIMIT 100`,
    [id],
  )
  return {
    ...device,
    ...(await readCheckup(queries, id)),
    progress: progress.map((each) => ({
      rollout: text(each, 'rollout'),
      product: text(each, 'product'),
      channel: text(each, 'channel'),
      version: text(each, 'version'),
      ...optional('ring', each['ring'] as number | null),
      state: each['state'] as DeviceState,
      ...optional('code', each['code'] as string | null),
      sinceMs: number(each, 'since_ms'),
    })),
  }
}

async function readCheckup(queries: Queries, id: string): Promise<Pick<DeviceDetail, 'checkup'>> {
  const [row] = await queries.all('SELECT at_ms, checks FROM checkups WHERE device = ?', [id])
  if (row === undefined) return {}
  return { checkup: { atMs: number(row, 'at_ms'), checks: JSON.parse(text(row, 'checks')) as ReportCheck[] } }
}

function readDevice(row: Row): DeviceRow {
  return {
    id: text(row, 'id'),
    site: text(row, 'site'),
    group: text(row, 'grp'),
    labels: JSON.parse(text(row, 'labels')) as Record<string, string>,
    platform: text(row, 'platform'),
    agent: text(row, 'agent'),
    firstSeenMs: number(row, 'first_seen_ms'),
    reportedMs: number(row, 'reported_ms'),
    heardMs: number(row, 'heard_ms'),
    installs: [],
  }
}

function readInstall(row: Row): Install {
  return {
    product: text(row, 'product'),
    channel: text(row, 'channel'),
    version: text(row, 'version'),
    state: row['state'] as Report['state'],
    sinceMs: number(row, 'since_ms'),
    ...optional('code', row['code'] as string | null),
    ...optional('rollout', row['rollout'] as string | null),
    ...optional('installed', row['installed'] as string | null),
  }
}

function readHistory(row: Row): HistoryRow {
  const bytes = row['bytes'] as string | null
  return {
    counter: number(row, 'counter'),
    atMs: number(row, 'at_ms'),
    receivedMs: number(row, 'received_ms'),
    product: text(row, 'product'),
    channel: text(row, 'channel'),
    version: text(row, 'version'),
    state: row['state'] as Report['state'],
    ...optional('rollout', row['rollout'] as string | null),
    ...optional('code', row['code'] as string | null),
    ...(bytes === null ? {} : { bytes: JSON.parse(bytes) as Bytes }),
  }
}

function readSite(row: Row): Omit<SiteRow, 'flows'> {
  return { site: text(row, 'page_key'), devices: number(row, 'devices'), bytes: readBytes(row) }
}

export function readBytes(row: Row): Bytes {
  return {
    total: number(row, 'total'),
    reused: number(row, 'reused'),
    patched: number(row, 'patched'),
    origin: number(row, 'origin'),
    lanPeers: number(row, 'lan_peers'),
    wanPeers: number(row, 'wan_peers'),
    cache: number(row, 'cache'),
    wasted: number(row, 'wasted'),
  }
}
