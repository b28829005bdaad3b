import { expect, test } from 'vitest'
import { startMemoryOrigin } from '../../../../test/faults/memory-origin.ts'
import { startOriginProxy } from '../../../../test/faults/origin-proxy.ts'
import { packChunks } from '../../../../test/faults/packed-chunks.ts'
import { startTraffic } from '../traffic/index.ts'
import { createOriginClient, type OriginClient } from './client.ts'

const signal = new AbortController().signal
const packed = packChunks(Array.from({ length: 16 }, () => 250_000))

async function setUp(rate: number, connectionsMax = 6) {
  const stack = new AsyncDisposableStack()
  const origin = stack.use(await startMemoryOrigin(packed.objects))
  const proxy = stack.use(await startOriginProxy(origin.url))
  const traffic = stack.use(startTraffic({ rates: { origin: rate }, windows: [] }))
  const client = stack.use(createOriginClient(proxy.url, { ration: traffic.origin, connectionsMax }))
  return { proxy, traffic, client, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Bytes of chunks that came, and the reasons for which others did not. */
async function fetchAll(client: OriginClient): Promise<{ bytes: number; failures: Set<string> }> {
  const got = { bytes: 0, failures: new Set<string>() }
  const chunks = packed.contents.map((_, chunk) => chunk)
  for await (const { bytes, error } of client.fetchChunks(packed.index, packed.manifest, chunks, { signal })) {
    if (error === undefined) got.bytes += bytes.length
    else got.failures.add(error.code)
  }
  return got
}

test('an origin that is forbidden counts no request, whatever it is asked for', async () => {
  await using it = await setUp(0)
  expect(await fetchAll(it.client)).toEqual({ bytes: 0, failures: new Set(['ORIGIN_UNREACHABLE']) })
  await expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toThrow(/not to be asked/)
  expect(it.proxy.requests).toEqual([])
  expect(it.client.stats.requests).toBe(0)
  it.traffic.override({ origin: Infinity })
  expect((await fetchAll(it.client)).bytes).toBe(4_000_000)
})

test('an origin is read no faster than its ration, by all requests together', async () => {
  await using it = await setUp(400_000)
  const startedMs = performance.now()
  expect((await fetchAll(it.client)).bytes).toBe(4_000_000)
  const seconds = (performance.now() - startedMs) / 1000
  // Nothing comes after the last of them, which is not waited for.
  expect((it.client.stats.wireBytes - 250_000) / seconds / 400_000).toBeLessThan(1.05)
  expect(it.client.stats.retries).toBe(0)
})

test('an origin whose ration is small is asked for little at a time, and no answer is broken off', async () => {
  await using it = await setUp(300_000)
  const chunks = [0, 1, 2, 3, 4, 5, 6, 7]
  let bytes = 0
  for await (const outcome of it.client.fetchChunks(packed.index, packed.manifest, chunks, { signal }))
    bytes += outcome.bytes?.length ?? 0
  expect(bytes).toBe(2_000_000)
  expect(it.proxy.atOnceMax).toBe(1)
  for (const { range } of it.proxy.requests) expect((range?.last ?? 0) - (range?.first ?? 0)).toBeLessThan(300_000)
  expect(it.client.stats).toMatchObject({ errors: {}, retries: 0, wastedBytes: 0 })
})

test('an origin that becomes forbidden while it is read is read no further', async () => {
  await using it = await setUp(500_000)
  const fetching = fetchAll(it.client)
  await expect.poll(() => it.client.stats.wireBytes, { timeout: 5_000 }).toBeGreaterThan(0)
  it.traffic.override({ origin: 0 })
  const got = await fetching
  expect(got.failures).toEqual(new Set(['ORIGIN_UNREACHABLE']))
  expect(got.bytes).toBeLessThan(2_000_000)
  const { length } = it.proxy.requests
  await fetchAll(it.client)
  expect(it.proxy.requests).toHaveLength(length)
})

test('an origin is sent no more requests at once than it may be, by several transfers together', async () => {
  await using it = await setUp(Infinity, 2)
  const got = await Promise.all([fetchAll(it.client), fetchAll(it.client), fetchAll(it.client)])
  expect(got.every(({ bytes }) => bytes === 4_000_000)).toBe(true)
  expect(it.proxy.atOnceMax).toBe(2)
})
