// A tracker with a store and devices, as real nodes on loopback.
import { multiaddr } from '@multiformats/multiaddr'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startDevice, type TestDevice } from '../fixture/device.ts'
import { FLEET } from '../fixture/root.ts'
import { LIMITS } from '../limits.ts'
import { newIdentity } from '../node/identity.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'
import { startTracker, type Tracker } from '../tracker.ts'
import { ask } from '../wire/exchange.ts'
import { REPORTS_LIMITS, reportsProtocol } from './protocol.ts'

let stack: AsyncDisposableStack
let store: Store
let tracker: Tracker
let device: TestDevice
let clock: { nowMs: number }
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'shoal-reports-'))
  stack.defer(() => rmSync(folder, { recursive: true }))
  store = stack.use(await openSqliteStore(join(folder, 'tracker.db')))
  const listen = [multiaddr('/ip4/127.0.0.1/tcp/0')]
  const http = { host: '127.0.0.1', port: 0 }
  const config = { fleet: FLEET, privateKey: await newIdentity(), listen, http, store }
  clock = { nowMs: 0 }
  tracker = stack.use(await startTracker(config, { now: () => clock.nowMs }))
  device = stack.use(await startDevice())
})
afterEach(() => stack.disposeAsync())

const history = async (id: string) => (await store.deviceHistory(id, { limit: 100 })).rows

async function askRaw(question: unknown): Promise<unknown> {
  const peer = await device.connect(tracker)
  const signal = AbortSignal.timeout(20_000)
  return await ask(device.node, peer, reportsProtocol(FLEET), question, REPORTS_LIMITS, { signal })
}

describe('a tracker that is sent reports', () => {
  it('answers when they are on its disk, and again when they come again', async () => {
    const reports = [device.sign(), device.sign({ state: 'activated' }), device.sign({ state: 'healthy' })]
    expect(await device.send(tracker, reports)).toEqual({ durable: [1, 2, 3], refused: new Map() })
    expect(await device.send(tracker, reports)).toEqual({ durable: [1, 2, 3], refused: new Map() })
    expect((await history(device.id)).map(({ counter }) => counter)).toEqual([3, 2])
  })

  it('refuses for good what is of another device, of another fleet, or no report, and takes the rest', async () => {
    const other = stack.use(await startDevice())
    const { bytes } = device.sign()
    const torn = bytes.slice()
    torn[torn.length - 1] = (torn.at(-1) ?? 0) ^ 1
    const reports = [
      { counter: 10, bytes: other.sign().bytes },
      device.sign({ counter: 11, fleet: 'f'.repeat(32) }),
      { counter: 12, bytes: torn },
      { counter: 13, bytes: new Uint8Array([1, 2, 3]) },
      device.sign({ counter: 14, state: 'healthy' }),
    ]
    const { durable, refused } = await device.send(tracker, reports)
    expect(durable).toEqual([14])
    expect([...refused]).toEqual([
      [10, 'not-yours'],
      [11, 'other-fleet'],
      [12, 'invalid'],
      [13, 'invalid'],
    ])
    expect(await store.device(other.id)).toBeUndefined()
  })

  it('is asked with garbage and answers with a status alone', async () => {
    const { bytes } = device.sign()
    for (const question of [
      7,
      { v: 1, reports: [] },
      { v: 2, reports: [bytes] },
      { v: 1, reports: [bytes], more: 1 },
      { v: 1, reports: ['text'] },
      { v: 1, reports: Array(LIMITS.reportsPerBatchMax + 1).fill(bytes) },
    ]) {
      expect(await askRaw(question)).toEqual({ v: 1, status: 'invalid', retryMs: LIMITS.reportsRetryMs })
    }
    expect(await store.devices({}, { limit: 10 })).toEqual({ rows: [], total: 0 })
  })

  it('has a device that sends without end wait', async () => {
    const statuses: unknown[] = []
    for (let sent = 0; sent <= LIMITS.reportsBurst; sent += 1) statuses.push(await askRaw({ v: 1, reports: [] }))
    const waits = { v: 1, status: 'too-often', retryMs: LIMITS.reportsRefillMs }
    expect(statuses.slice(0, -1)).not.toContainEqual(waits)
    expect(statuses.at(-1)).toEqual(waits)
    clock.nowMs += LIMITS.reportsRefillMs
    expect(await askRaw({ v: 1, reports: [] })).toMatchObject({ status: 'invalid' })
  })
})
