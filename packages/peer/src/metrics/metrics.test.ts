import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { askPromtool, describe as describeMetrics, describedIn, findFaults } from '@shoal/cli/fixture/exposition'
import { expect, it, onTestFinished } from 'vitest'
import type { PeerStatus } from '../control/index.ts'
import { createAccount } from '../download/account.ts'
import { ORIGIN } from '../swarm/index.ts'
import { createPeerMetrics, serveMonitoring } from './index.ts'

const DOCUMENT = new URL('../../../../docs/metrics.md', import.meta.url)

const STATUS = {
  version: '0.1.0',
  paused: false,
  sentBytes: 70,
  sentWanBytes: 20,
  background: { uploadWan: 32_000, downloadWan: 64_000, addedMs: undefined },
  metadata: { versions: {}, expires: { role: 'timestamp', at: '2026-05-01T12:00:00Z' }, confirmedMs: undefined },
  policy: { version: 12, expires: '2026-05-02T12:00:00Z', staged: [] },
  membership: { group: 'g', role: 'cache', expires: '2026-05-03T12:00:00Z', revocations: 0 },
  cache: { folder: '/', bytes: 5, bytesMax: 9, releases: 1 },
  follows: [{ target: 'game@stable', out: '/', state: 'current', sinceMs: 0 }],
  reports: { pending: 3, dead: 1, dropped: 2, oldestMs: 1_777_000_000_000 },
  neighbours: [{ local: true }, { local: false }, { local: false }],
} as unknown as PeerStatus

function create(status: Partial<PeerStatus> = {}) {
  return createPeerMetrics(() => ({ ...STATUS, ...status }))
}

/** Lines of this program, without help. */
async function read({ registry }: ReturnType<typeof create>): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith('shoal_'))
}

it('counts what arrived while it arrives, each byte once, by source and reason', async () => {
  const metrics = create()
  const account = createAccount(1_000, 400, 50)
  account.received('a', 'lanPeers', 100, 'lan-holder', '')
  account.received(ORIGIN, 'origin', 30, 'owner', '')
  metrics.moved(account)
  metrics.moved(account)
  account.received('a', 'lanPeers', 100, 'lan-holder', '')
  account.waste('corrupt', 7)
  metrics.moved(account)
  metrics.installed(account, { isHeld: false })
  const next = createAccount(1_000, 990, 0)
  next.received('b', 'cache', 10, 'lan-holder', '')
  metrics.moved(next)
  expect(await read(metrics)).toEqual(
    expect.arrayContaining([
      'shoal_peer_received_bytes_total{source="lan_peer"} 200',
      'shoal_peer_received_bytes_total{source="origin"} 30',
      'shoal_peer_received_bytes_total{source="cache"} 10',
      'shoal_peer_received_bytes_total{source="reused"} 400',
      'shoal_peer_origin_bytes_total{reason="owner"} 30',
      'shoal_peer_wasted_bytes_total{reason="corrupt"} 7',
    ]),
  )
})

it('counts what became of releases, and not the steps on the way', async () => {
  const metrics = create()
  for (const step of ['began', 'downloaded', 'activated', 'soaking', 'failed', 'returned'] as const)
    metrics.stepped(step)
  metrics.failed()
  const lines = await read(metrics)
  expect(lines.filter((line) => line.startsWith('shoal_peer_installs_total'))).toEqual([
    'shoal_peer_installs_total{outcome="activated"} 1',
    'shoal_peer_installs_total{outcome="failed"} 1',
    'shoal_peer_installs_total{outcome="returned"} 1',
  ])
  expect(lines).toContain('shoal_peer_failed_rounds_total 1')
})

it('reads the status whenever somebody looks', async () => {
  const lines = await read(create())
  expect(lines).toEqual(
    expect.arrayContaining([
      'shoal_peer_neighbours{place="lan"} 1',
      'shoal_peer_neighbours{place="wan"} 2',
      'shoal_peer_sent_bytes_total{place="lan"} 50',
      'shoal_peer_sent_bytes_total{place="wan"} 20',
      'shoal_peer_reports{state="dead"} 1',
      'shoal_peer_policy_version 12',
      'shoal_peer_metadata_expires_timestamp_seconds 1777636800',
      'shoal_peer_background_bytes_per_second{direction="upload"} 32000',
    ]),
  )
})

it('says nothing of what is not there', async () => {
  const little = { ...STATUS }
  delete little.policy
  delete little.reports
  delete little.cache
  delete little.background
  const lines = await read(createPeerMetrics(() => little))
  expect(lines.filter((line) => /policy|reports|cache|background/.test(line))).toEqual([])
})

it('is described by the document, and describes nothing else', async () => {
  const metrics = describeMetrics(create().registry, 'shoal_peer_')
  expect(describedIn(await readFile(DOCUMENT, 'utf8'), 'shoal_peer_')).toEqual(metrics)
  expect(findFaults(metrics)).toEqual([])
})

it('satisfies promtool', async ({ skip }) => {
  const metrics = create()
  metrics.moved(createAccount(0, 0, 0))
  const findings = askPromtool(await metrics.registry.metrics())
  if (findings === undefined) return skip('promtool is not installed')
  expect(findings).toBe('')
})

it('answers monitoring, and nobody else', async () => {
  let isReady = false
  const { registry } = create()
  const config = { host: '127.0.0.1', port: 0, behindProxy: false }
  const server = await serveMonitoring(config, { registry, isReady: () => isReady })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const ask = async (path: string, method = 'GET') => (await fetch(new URL(path, server.url), { method })).status
  expect([await ask('/livez'), await ask('/readyz'), await ask('/metrics'), await ask('/')]).toEqual([
    200, 503, 200, 404,
  ])
  isReady = true
  expect([await ask('/readyz'), await ask('/metrics', 'POST')]).toEqual([200, 405])
  await expect(
    serveMonitoring({ ...config, port: Number(new URL(server.url).port) }, { registry, isReady: () => true }),
  ).rejects.toMatchObject({ code: 'LISTEN_FAILED' })

  // Who asks and does not go on is not waited for at the end.
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write('GET /livez HTTP/1.1\r\n')
})

it.each(['0.0.0.0', '::', '192.0.2.1', 'peer.example'])('does not listen on %s in the clear', async (host) => {
  const { registry } = create()
  const start = serveMonitoring({ host, port: 0, behindProxy: false }, { registry, isReady: () => true })
  await expect(start).rejects.toMatchObject({ code: 'CONFIG_INVALID', fix: expect.stringContaining('httpBehindProxy') })
})
