import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { askPromtool, describe, describedIn, findFaults } from '@shoal/cli/fixture/exposition'
import { fastify } from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { measureStore } from '../store/measured.ts'
import { LIMITS } from '../limits.ts'
import type { Store, WebhookRow } from '../store/store.ts'
import { addFleetReadings, type FleetReadingsDeps } from './fleet-readings.ts'
import { createMetrics, type TrackerMetrics } from './metrics.ts'
import { countRequests } from './requests.ts'

const DOCUMENT = new URL('../../../../docs/metrics.md', import.meta.url)

function create(): TrackerMetrics {
  return createMetrics({ peers: () => 3, topics: () => 2, connections: () => 1 })
}

const store: FleetReadingsDeps['store'] = {
  deviceTotals: () => Promise.resolve({ devices: 9, heardLastHour: 5, heardLastDay: 7, silentLastWeek: 1, sites: 2 }),
  policy: () =>
    Promise.resolve({ version: 12, expiresMs: 1_777_000_000_000, createdMs: 0, document: new Uint8Array() }),
  rollouts: ({ state }) => Promise.resolve({ rows: [], total: state?.[0] === 'halted' ? 4 : 0 }),
  webhooks: () => Promise.resolve([webhook('chat', 0), webhook('ops', 3), webhook('gone', 0, -LIMITS.webhookSeenMs)]),
}

function webhook(name: string, failures: number, seenMs = 0): WebhookRow {
  return { name, failures, seenMs, cursor: 1, pending: 0, nextMs: 0, isDead: false }
}

async function read({ registry }: TrackerMetrics): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith('shoal_'))
}

it('reads the fleet from the store, once for all who want something of it', async () => {
  const metrics = create()
  let looks = 0
  const policy: typeof store.policy = () => {
    looks += 1
    return store.policy()
  }
  addFleetReadings(metrics.registry, { store: { ...store, policy }, now: () => 0, onFault: () => expect.unreachable() })
  expect(await read(metrics)).toEqual(
    expect.arrayContaining([
      'shoal_tracker_rollouts{state="halted"} 4',
      'shoal_tracker_rollouts{state="running"} 0',
      'shoal_tracker_webhooks{state="ok"} 1',
      'shoal_tracker_webhooks{state="failing"} 1',
      'shoal_tracker_webhooks{state="dead"} 0',
      'shoal_tracker_devices 9',
      'shoal_tracker_heard_devices{within="hour"} 5',
      'shoal_tracker_policy_version 12',
      'shoal_tracker_policy_expires_timestamp_seconds 1777000000',
      'shoal_tracker_peers 3',
    ]),
  )
  expect(looks).toBe(1)
})

it('tells of itself while the store does not answer, and of the fleet again when it does', async () => {
  const metrics = create()
  const faults: unknown[] = []
  let isDown = true
  const deviceTotals: typeof store.deviceTotals = (atMs) =>
    isDown ? Promise.reject(new Error('down')) : store.deviceTotals(atMs)
  addFleetReadings(metrics.registry, {
    store: { ...store, deviceTotals },
    now: () => 0,
    onFault: (fault) => faults.push(fault),
  })
  const down = await read(metrics)
  expect(down).toContain('shoal_tracker_peers 3')
  expect(down.filter((line) => /devices|policy/.test(line))).toEqual([])
  expect(faults).toHaveLength(1)
  isDown = false
  expect(await read(metrics)).toContain('shoal_tracker_devices 9')
})

it('measures what the store does, also when it fails', async () => {
  const metrics = create()
  const closed: string[] = []
  const measured = measureStore(
    {
      ...store,
      kind: 'sqlite',
      takeReports: () => Promise.reject(new Error('down')),
      [Symbol.asyncDispose]: () => Promise.resolve(void closed.push('closed')),
    } as unknown as Store,
    (operation, seconds) => metrics.stored(operation, seconds),
  )
  expect(measured.kind).toBe('sqlite')
  expect(await measured.policy()).toMatchObject({ version: 12 })
  await expect(measured.takeReports([], 0)).rejects.toThrow('down')
  await measured[Symbol.asyncDispose]()
  expect(closed).toEqual(['closed'])
  const counts = (await read(metrics)).filter((line) => line.startsWith('shoal_tracker_store_duration_seconds_count'))
  expect(counts).toEqual([
    'shoal_tracker_store_duration_seconds_count{operation="policy"} 1',
    'shoal_tracker_store_duration_seconds_count{operation="takeReports"} 1',
  ])
})

it('counts requests by what they were for, never by what somebody made up, and streams while they last', async () => {
  const metrics = create()
  const server = fastify({ forceCloseConnections: true })
  onTestFinished(() => server.close())
  const ended = Promise.withResolvers<undefined>()
  countRequests(server, {
    ...metrics,
    streaming(change) {
      metrics.streaming(change)
      if (change < 0) ended.resolve(undefined)
    },
  })
  server.get('/metrics', async () => metrics.registry.metrics())
  server.get('/api/v1/rollouts/:id', async () => ({}))
  server.get('/api/v1/events', async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200).write('retry: 1\n\n')
  })
  await server.inject('/api/v1/rollouts/a')
  await server.inject('/api/v1/rollouts/b')
  await server.inject('/made/up')
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  const stream = get(`${url}/api/v1/events`)
  const [response] = (await once(stream, 'response')) as [NodeJS.ReadableStream]
  response.resume()
  expect(await read(metrics)).toEqual(
    expect.arrayContaining([
      'shoal_tracker_http_requests_total{route="rollouts",status="200"} 2',
      'shoal_tracker_http_requests_total{route="dashboard",status="404"} 1',
      'shoal_tracker_event_streams 1',
    ]),
  )
  stream.destroy()
  await ended.promise
  expect(await read(metrics)).toContain('shoal_tracker_event_streams 0')
})

it('is described by the document, and describes nothing else', async () => {
  const { registry } = create()
  addFleetReadings(registry, { store, now: () => 0, onFault: () => expect.unreachable() })
  const metrics = describe(registry, 'shoal_tracker_')
  expect(describedIn(await readFile(DOCUMENT, 'utf8'), 'shoal_tracker_')).toEqual(metrics)
  expect(findFaults(metrics)).toEqual([])
})

it('satisfies promtool', async ({ skip }) => {
  const metrics = create()
  addFleetReadings(metrics.registry, { store, now: () => 0, onFault: () => expect.unreachable() })
  metrics.requested('rollouts', '200')
  metrics.stored('change', 0.01)
  const findings = askPromtool(await metrics.registry.metrics())
  if (findings === undefined) return skip('promtool is not installed')
  expect(findings).toBe('')
})
