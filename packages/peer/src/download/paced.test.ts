import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Requester } from '../links/index.ts'
import { hasBit } from '../swarm/index.ts'
import { startTraffic, type Rates, type Traffic } from '../traffic/index.ts'
import { requestPaced } from './paced.ts'

const SIZES = Uint32Array.from({ length: 16 }, (_, chunk) => 40_000 + chunk)
const BYTES = SIZES.reduce((sum, size) => sum + size, 0)
const manifest = { chunks: { sizes: SIZES }, spans: { firstChunk: Uint32Array.of(0, 16) } } as unknown as Parameters<
  typeof requestPaced
>[1]['manifest']

type Receiver = Parameters<Requester['requestSpan']>[4]

/** Answers with the numbers of the chunks at once, and keeps what it was asked for. */
function neighbour() {
  const asked: number[][] = []
  let cancelled = 0
  return {
    asked,
    cancelled: () => cancelled,
    silent: false,
    status: undefined as Parameters<Receiver['failed']>[0] | undefined,
    requestSpan(_slot: number, _span: number, mask: Uint8Array, bytes: number, receiver: Receiver): () => void {
      const chunks = Array.from(SIZES.keys()).filter((chunk) => hasBit(mask, chunk))
      asked.push(chunks)
      if (this.silent) return () => cancelled++
      if (this.status !== undefined) receiver.failed(this.status)
      else {
        const room = receiver.room?.() ?? new Uint8Array(bytes)
        let at = 0
        for (const chunk of chunks) room.fill(chunk, at, (at += SIZES[chunk] ?? 0))
        receiver.progress(bytes)
        receiver.done(room.subarray(0, bytes))
      }
      return () => cancelled++
    },
  }
}

function ask(from: ReturnType<typeof neighbour>, traffic: Traffic) {
  const room = new Uint8Array(BYTES)
  const heard = { progress: 0, done: undefined as Uint8Array | undefined, failed: undefined as string | undefined }
  const chunks = Array.from(SIZES.keys())
  const cancel = requestPaced(from, { slot: 1, span: 0, manifest, chunks }, traffic.download(true), {
    room: () => room,
    progress: (bytes) => (heard.progress += bytes),
    done: (bytes) => (heard.done = bytes),
    failed: (cause) => (heard.failed = cause),
  })
  return { heard, cancel }
}

const limited = (rates: Rates): Traffic => startTraffic({ rates, windows: [] })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('asks for a span at once where nothing is limited', () => {
  const from = neighbour()
  expect(ask(from, limited({})).heard.done).toHaveLength(BYTES)
  expect(from.asked).toHaveLength(1)
})

it('asks for a span piece by piece under a limit, and puts it together in order', async () => {
  const from = neighbour()
  const { heard } = ask(from, limited({ downloadLan: 100_000 }))
  await vi.advanceTimersByTimeAsync(3_000)
  expect(heard.progress).toBeLessThan(320_000 + 50_000)
  expect(heard.progress).toBeGreaterThan(280_000)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(from.asked).toEqual(Array.from(SIZES.keys()).map((chunk) => [chunk]))
  const expected = new Uint8Array(BYTES)
  let at = 0
  for (const [chunk, size] of SIZES.entries()) expected.fill(chunk, at, (at += size))
  expect(Buffer.compare(heard.done ?? new Uint8Array(0), expected)).toBe(0)
})

it('tells why a piece did not come, once', async () => {
  const from = neighbour()
  from.status = 'busy'
  const { heard } = ask(from, limited({ downloadLan: 100_000 }))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(heard).toEqual({ progress: 0, done: undefined, failed: 'busy' })
  expect(from.asked).toHaveLength(1)
})

it('gives a span up when nothing may be taken any more', async () => {
  const from = neighbour()
  const traffic = limited({ downloadLan: 100_000 })
  const { heard } = ask(from, traffic)
  await vi.advanceTimersByTimeAsync(1_000)
  traffic.override({ downloadLan: 0 })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(heard).toMatchObject({ done: undefined, failed: 'lost' })
})

it('cancels the piece that is under way, and asks for no other', async () => {
  const from = neighbour()
  from.silent = true
  const { heard, cancel } = ask(from, limited({ downloadLan: 100_000 }))
  await vi.advanceTimersByTimeAsync(10)
  cancel()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(from.cancelled()).toBe(1)
  expect(from.asked).toHaveLength(1)
  expect(heard).toEqual({ progress: 0, done: undefined, failed: undefined })
})
