import { createSigner, peerNameOf, signReport, type ReportState } from '@shoal/release'
import { ReportsRefused, type Settled, type SignedReport } from '@shoal/tracker/client'
import { expect, test } from 'vitest'
import { createAlarm } from '../alarm.ts'
import { LIMITS } from '../limits.ts'
import type { QueuedReport } from './queue.ts'
import { fullJitterMs, sendReports } from './sender.ts'

const NOW = 1_900_000_000_000
const SIGNER = createSigner(new Uint8Array(32).fill(7))
const TRACKERS = ['one', 'two']

function report(counter: number, atMs = NOW, state: ReportState = 'began'): QueuedReport {
  const bytes = signReport(
    {
      ...{ fleet: '00112233445566778899aabbccddeeff', device: peerNameOf(SIGNER.publicKey), counter, atMs },
      ...{ site: '', group: '', labels: {}, platform: 'any', agent: 'shoal/0.1.0' },
      ...{ product: 'game', channel: 'stable', version: '1.0', state },
    },
    SIGNER,
  )
  return { counter, state, bytes }
}

interface Run {
  pending: QueuedReport[]
  dead: Map<number, string>
  failures: number
  sent: { tracker: string; counters: number[] }[]
}

/** Runs until everything is settled. */
async function run(
  reports: QueuedReport[],
  answer: (tracker: string, batch: readonly SignedReport[], attempt: number) => Settled,
): Promise<Run> {
  const result: Run = { pending: [...reports], dead: new Map(), failures: 0, sent: [] }
  const stop = new AbortController()
  const take = (counters: readonly number[]): void => {
    result.pending = result.pending.filter(({ counter }) => !counters.includes(counter))
    if (result.pending.length === 0) stop.abort()
  }
  await sendReports({
    queue: {
      batch: (max) => Promise.resolve(result.pending.slice(0, max)),
      delivered: (counters) => Promise.resolve(take(counters)),
      giveUp: (counters, code) => {
        for (const counter of counters) result.dead.set(counter, code)
        return Promise.resolve(take(counters))
      },
    },
    ways: TRACKERS.map((tracker) => async (batch) => {
      result.sent.push({ tracker, counters: batch.map(({ counter }) => counter) })
      return answer(tracker, batch, result.sent.length)
    }),
    alarm: createAlarm(),
    now: () => NOW,
    random: () => 0,
    onDelivered: () => undefined,
    onFailure: (failures) => (result.failures = failures),
    signal: stop.signal,
  })
  return result
}

const takeAll = (batch: readonly SignedReport[]): Settled => ({
  durable: batch.map(({ counter }) => counter),
  refused: new Map(),
})

test('sends in batches, to the first tracker that takes them', async () => {
  const all = Array.from({ length: LIMITS.reports.batchMax + 3 }, (_, at) => report(at + 1))
  const { sent } = await run(all, (tracker, batch) => {
    if (tracker === TRACKERS[0]) throw new Error('it is down')
    return takeAll(batch)
  })
  expect(sent.map(({ tracker, counters }) => [tracker, counters.length])).toEqual([
    [TRACKERS[0], LIMITS.reports.batchMax],
    [TRACKERS[1], LIMITS.reports.batchMax],
    [TRACKERS[0], 3],
    [TRACKERS[1], 3],
  ])
})

test('what a tracker puts off is sent again, what it refuses for good is given up with its word', async () => {
  const { sent, dead, failures } = await run([report(1), report(2), report(3)], (_, batch, attempt) => {
    if (attempt === 1) return { durable: [1], refused: new Map([[2, 'not-as-enrolled' as const]]) }
    if (attempt === 2) return { durable: [], refused: new Map() }
    return takeAll(batch)
  })
  expect(sent.map(({ counters }) => counters)).toEqual([[1, 2, 3], [3], [3]])
  expect([...dead]).toEqual([[2, 'NOT_AS_ENROLLED']])
  expect(failures).toBe(1)
})

test('a tracker that asks for quiet, or is down, is tried again', async () => {
  const { sent } = await run([report(1)], (_, batch, attempt) => {
    if (attempt <= 2) throw new ReportsRefused('busy', 1)
    return takeAll(batch)
  })
  expect(sent).toHaveLength(3)
})

test('what is late is tried once more; then a fact is given up, and what was present then is forgotten', async () => {
  const old = NOW - LIMITS.reports.keptMs - 1
  const damaged = { ...report(3), bytes: new Uint8Array(9) }
  const all = [report(1, old), report(2, old, 'present'), damaged, report(4, old + 1)]
  const { dead, sent } = await run(all, (_, batch, attempt) => {
    if (attempt <= 2) throw new Error('both are down')
    return takeAll(batch)
  })
  expect([...dead]).toEqual([
    [1, 'UNDELIVERED'],
    [3, 'UNDELIVERED'],
  ])
  expect(sent.map(({ counters }) => counters)).toEqual([[1, 2, 3, 4], [1, 2, 3, 4], [4]])
  expect((await run([report(1, old)], (_, batch) => takeAll(batch))).dead.size).toBe(0)
})

test('pauses are anywhere below a bound that doubles, up to a limit', () => {
  const { backoffMinMs, backoffMaxMs } = LIMITS.reports
  expect([1, 2, 3].map((failures) => fullJitterMs(failures, () => 1))).toEqual([1, 2, 4].map((n) => n * backoffMinMs))
  expect(fullJitterMs(1_000, () => 1)).toBe(backoffMaxMs)
  expect(fullJitterMs(1_000, () => 0)).toBe(0)
})
