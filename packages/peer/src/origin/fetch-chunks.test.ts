import { expect, test } from 'vitest'
import { startMemoryOrigin } from '../../../../test/faults/memory-origin.ts'
import { startOriginProxy } from '../../../../test/faults/origin-proxy.ts'
import { packChunks } from '../../../../test/faults/packed-chunks.ts'
import type { PackedChunks } from '../../../../test/faults/packed-chunks.ts'
import { createOriginClient } from './client.ts'
import type { OriginOptions } from './options.ts'

const quick = { backoffMinMs: 1, backoffMaxMs: 5, attemptsMax: 3, headersTimeoutMs: 400, progressTimeoutMs: 400 }
const signal = new AbortController().signal
const all = (packed: PackedChunks) => [...packed.contents.keys()]
/** About 8 KiB a frame. */
const small = packChunks(Array.from({ length: 40 }, (_, i) => 14_000 + i * 101))
/** One pack of 25 MiB: four ranges. */
const large = packChunks(Array.from({ length: 200 }, () => 256 << 10))

async function setUp(packed: PackedChunks, options: OriginOptions = {}) {
  const stack = new AsyncDisposableStack()
  const origin = stack.use(await startMemoryOrigin(packed.objects))
  const proxy = stack.use(await startOriginProxy(origin.url))
  const client = stack.use(createOriginClient(proxy.url, { ...quick, ...options }))
  const fetch = (wanted = all(packed)) => client.fetchChunks(packed.index, packed.manifest, wanted, { signal })
  return {
    proxy,
    client,
    fetch,
    /** Chunks that came out right, and the codes of those that did not. */
    async outcome(wanted?: number[]) {
      const right: number[] = []
      const failed = new Map<number, string>()
      for await (const { chunk, bytes, error } of fetch(wanted)) {
        if (bytes === undefined) failed.set(chunk, error.code)
        else if (Buffer.compare(bytes, packed.contents[chunk] ?? Buffer.alloc(0)) === 0) right.push(chunk)
      }
      return { right: right.toSorted((a, b) => a - b), failed: Object.fromEntries(failed) }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

test('neighbouring chunks come with one request, and nothing is wasted', async () => {
  await using it = await setUp(small)
  expect(await it.outcome()).toEqual({ right: all(small), failed: {} })
  expect(it.client.stats).toEqual({
    requests: 1,
    wireBytes: small.index.packs[0]?.length,
    wastedBytes: 0,
    gapBytes: 0,
    retries: 0,
    errors: {},
  })
})

test('reads over a small gap and counts it', async () => {
  await using it = await setUp(small)
  expect((await it.outcome([3, 5])).right).toEqual([3, 5])
  expect(it.client.stats).toMatchObject({ requests: 1, gapBytes: small.index.length[4], wastedBytes: 0 })
})

test('asks several ranges at once over few connections, and every chunk comes once', async () => {
  const packed = packChunks(
    Array.from({ length: 60 }, () => 40_000),
    5,
  )
  await using it = await setUp(packed)
  expect(await it.outcome()).toEqual({ right: all(packed), failed: {} })
  expect(it.client.stats.requests).toBe(12)
})

test('resumes a broken body at the byte where it broke', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'truncate', afterBytes: 200_000 }, { times: 1 })
  expect((await it.outcome()).right).toEqual(all(small))
  // What the connection still held when it broke is lost, no more.
  expect(it.proxy.requests[1]?.range?.first).toBeGreaterThan(100_000)
  expect(it.client.stats).toMatchObject({ wireBytes: small.index.packs[0]?.length, retries: 1, wastedBytes: 0 })
  expect(it.client.stats.errors).toEqual({ TRUNCATED: 1 })
})

test('breaks that each come after good progress do not use up the attempts', async () => {
  await using it = await setUp(large, { attemptsMax: 2 })
  it.proxy.fail({ kind: 'truncate', afterBytes: 2_000_000 })
  expect((await it.outcome()).right).toEqual(all(large))
  expect(it.client.stats.retries).toBeGreaterThan(3)
})

test('what falls silent is asked for again where it stands when somebody says so, and what flows is not', async () => {
  await using it = await setUp(small, { progressTimeoutMs: 60_000 })
  it.proxy.fail({ kind: 'stall', afterBytes: 100_000 }, { times: 1 })
  const renewing = setInterval(() => it.client.renew(200), 20)
  try {
    expect((await it.outcome()).right).toEqual(all(small))
  } finally {
    clearInterval(renewing)
  }
  const [first, second, ...more] = it.proxy.requests.map(({ range }) => range)
  expect(more).toEqual([])
  expect(second).toEqual({ first: 100_000, last: first?.last })
  expect(it.client.stats).toMatchObject({ wastedBytes: 0, retries: 0, errors: { SILENT: 1 } })
})

test('abandons a stalled body and resumes it', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'stall', afterBytes: 50_000 }, { times: 1 })
  expect((await it.outcome()).right).toEqual(all(small))
  expect(it.proxy.requests[1]?.range?.first).toBe(50_000)
  expect(it.client.stats.errors).toEqual({ TIMEOUT: 1 })
})

test('abandons a body that drips', async () => {
  await using it = await setUp(small, { rateWindowMs: 100, rateMinBytesPerSecond: 1 << 20 })
  it.proxy.fail({ kind: 'drip', pieceBytes: 100, everyMs: 20 }, { times: 1 })
  expect((await it.outcome()).right).toEqual(all(small))
  expect(it.client.stats.errors).toEqual({ TOO_SLOW: 1 })
})

test('asks again for a damaged frame only, and delivers it when the second is right', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'corrupt', at: (small.index.offset[7] ?? 0) + 99 }, { times: 1 })
  expect((await it.outcome()).right).toEqual(all(small))
  const [offset = 0, length = 0] = [small.index.offset[7], small.index.length[7]]
  expect(it.proxy.requests.map(({ range }) => range?.first)).toEqual([0, offset])
  expect(it.proxy.requests[1]?.range?.last).toBe(offset + length - 1)
  expect(it.client.stats).toMatchObject({ wastedBytes: length, errors: { CORRUPT: 1 } })
})

test('a frame damaged at the origin costs its own chunk and no other', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'corrupt', at: small.index.offset[7] ?? 0 })
  const { right, failed } = await it.outcome()
  expect(failed).toEqual({ 7: 'ORIGIN_CORRUPT' })
  expect(right).toEqual(all(small).filter((chunk) => chunk !== 7))
  expect(it.client.stats.wastedBytes).toBe(2 * (small.index.length[7] ?? 0))
})

test('refuses more output than was signed', async () => {
  await using it = await setUp({
    ...small,
    manifest: { chunks: { ...small.manifest.chunks, sizes: small.manifest.chunks.sizes.map((size) => size - 1) } },
  })
  expect((await it.outcome([0])).failed).toEqual({ 0: 'ORIGIN_CORRUPT' })
})

test('an answer with other bytes than asked is never used', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'wrong-range', shiftBytes: 1 }, { times: 1 })
  it.proxy.fail({ kind: 'no-range' }, { times: 1 })
  expect((await it.outcome()).right).toEqual(all(small))
  expect(it.client.stats).toMatchObject({ retries: 2, wireBytes: small.index.packs[0]?.length })
  expect(it.client.stats.errors).toEqual({ WRONG_RANGE: 2 })
})

test('an answer that goes on too long is cut, and what was asked for is used', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'overlong', extraBytes: 500_000 })
  expect((await it.outcome()).right).toEqual(all(small))
  expect(it.client.stats).toMatchObject({ retries: 0, gapBytes: 0, errors: { TOO_LONG: 1 } })
  expect(it.client.stats.wastedBytes).toBeGreaterThan(0)
  expect(it.client.stats.wastedBytes).toBeLessThan(200_000)
})

test('reads a small pack through when the origin ignores Range', async () => {
  await using it = await setUp(small, { concurrency: 1 })
  it.proxy.fail({ kind: 'ignore-range' })
  expect((await it.outcome([20, 39])).right).toEqual([20, 39])
  const [last = 0, length = 0] = [small.index.offset[39], small.index.length[39]]
  const wanted = length + (small.index.length[20] ?? 0)
  expect(it.client.stats.wastedBytes).toBe(last + length - wanted)
})

test('a pack of which much is wanted is read through once when the origin ignores Range', async () => {
  await using it = await setUp(large, { concurrency: 1 })
  it.proxy.fail({ kind: 'ignore-range' })
  expect((await it.outcome()).right).toEqual(all(large))
  expect(it.client.stats).toMatchObject({ requests: 1, wireBytes: large.index.packs[0]?.length, wastedBytes: 0 })
})

test('an origin that ignores Range only once is asked for ranges again, none over the cap', async () => {
  const packed = packChunks(
    Array.from({ length: 160 }, () => 256 << 10),
    80,
  )
  await using it = await setUp(packed, { concurrency: 1 })
  it.proxy.fail({ kind: 'ignore-range' }, { times: 1 })
  expect((await it.outcome()).right).toEqual(all(packed))
  expect(it.client.stats).toMatchObject({ requests: 3, wastedBytes: 0, gapBytes: 0 })
  for (const { range } of it.proxy.requests) expect((range?.last ?? 0) - (range?.first ?? 0)).toBeLessThan(8 << 20)
})

test('does not read 24 MiB for one chunk, and says what to do about the origin', async () => {
  await using it = await setUp(large)
  it.proxy.fail({ kind: 'ignore-range' })
  const only = (await it.fetch([199]).next()).value
  expect(only?.error).toMatchObject({ code: 'ORIGIN_INVALID', fix: expect.stringContaining('supports Range') })
  expect(it.client.stats).toMatchObject({ requests: 1, errors: { RANGE_IGNORED: 1 } })
  expect(it.client.stats.wireBytes).toBeLessThan(1 << 20)
})

test('a pack that is not there fails its chunks and no others', async () => {
  const packed = packChunks(
    Array.from({ length: 6 }, () => 10_000),
    2,
  )
  await using it = await setUp(packed)
  for (const status of [404, 403]) {
    it.proxy.fail(
      { kind: 'status', status },
      { when: ({ path }) => path.endsWith(packed.index.packs[1]?.sha256 ?? '-') },
    )
    expect(await it.outcome()).toEqual({ right: [0, 1, 4, 5], failed: { 2: 'NOT_FOUND', 3: 'NOT_FOUND' } })
    it.proxy.heal()
  }
  expect(it.client.stats.retries).toBe(0)
})

test('a pack shorter than the index says is not asked for twice', async () => {
  await using it = await setUp(small)
  it.proxy.fail({ kind: 'status', status: 416 })
  expect((await it.outcome([1])).failed).toEqual({ 1: 'ORIGIN_INVALID' })
  expect(it.client.stats).toMatchObject({ requests: 1, errors: { STATUS_416: 1 } })
})

test('an impossible index fails the chunks that it places wrong', async () => {
  await using it = await setUp({ ...small, index: { ...small.index, offset: small.index.offset.with(3, 0xffffffff) } })
  const { right, failed } = await it.outcome()
  expect(failed).toEqual({ 3: 'ORIGIN_INVALID' })
  expect(right).toHaveLength(39)
})

test('an origin that is down is not asked for every range', async () => {
  const packed = packChunks(
    Array.from({ length: 40 }, () => 2_000),
    1,
  )
  await using it = await setUp(packed, { concurrency: 2 })
  it.proxy.fail({ kind: 'status', status: 500 })
  const { right, failed } = await it.outcome()
  expect(right).toEqual([])
  expect(Object.values(failed)).toEqual(Array.from({ length: 40 }, () => 'ORIGIN_UNREACHABLE'))
  expect(it.client.stats.requests).toBeLessThanOrEqual(5 * quick.attemptsMax)
})

test('a caller who stops iterating stops the transfer', async () => {
  await using it = await setUp(large)
  for await (const { bytes } of it.fetch()) {
    expect(bytes).toBeDefined()
    break
  }
  expect(it.client.stats.wireBytes).toBeLessThan(16 << 20)
  // The client is still good.
  expect((await it.outcome([0])).right).toEqual([0])
})

test('an abort reaches the caller as its reason while the origin stalls', async () => {
  await using it = await setUp(small, { progressTimeoutMs: 60_000 })
  it.proxy.fail({ kind: 'stall', afterBytes: 50_000 })
  const abort = new AbortController()
  const fetch = it.client.fetchChunks(small.index, small.manifest, all(small), { signal: abort.signal })
  await expect(async () => {
    for await (const { chunk } of fetch) if (chunk === 2) abort.abort(new Error('paused'))
  }).rejects.toThrow('paused')
})
