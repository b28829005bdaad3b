import { hash } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { DEFAULT_CHUNKING, blockIdOf, encodeManifest, encodePackIndex, originPath } from '@shoal/release'
import { expect, test } from 'vitest'
import { startMemoryOrigin } from '../../../../test/faults/memory-origin.ts'
import { startOriginProxy } from '../../../../test/faults/origin-proxy.ts'
import { packChunks } from '../../../../test/faults/packed-chunks.ts'
import { createOriginClient } from './client.ts'
import type { OriginOptions } from './options.ts'

const quick = { backoffMinMs: 1, backoffMaxMs: 5, attemptsMax: 3, headersTimeoutMs: 300, progressTimeoutMs: 300 }
const signal = new AbortController().signal
const latest = Buffer.from('signed metadata')
const block = Buffer.from('a block')
const id = blockIdOf(block)
const packed = packChunks([20_000, 5_000])
const { manifest } = encodeManifest({
  product: 'app',
  version: '1.0+b',
  platform: 'any',
  chunking: DEFAULT_CHUNKING,
  entries: [
    {
      kind: 'file',
      path: 'a',
      size: 25_000,
      executable: false,
      sha256: hash('sha256', Buffer.concat(packed.contents), 'buffer'),
      chunks: {
        digests: Buffer.concat([packed.manifest.chunks.digest(0), packed.manifest.chunks.digest(1)]),
        sizes: packed.manifest.chunks.sizes,
      },
    },
  ],
})
const objects = new Map([
  ...packed.objects,
  [originPath.index(manifest.id), encodePackIndex(manifest.id, packed.index)],
  ['tuf/timestamp.json', latest],
  ['tuf/2.rel-app%2Bb.json', latest],
  [`blocks/${id}`, block],
])

async function setUp(options: OriginOptions = {}) {
  const stack = new AsyncDisposableStack()
  const origin = stack.use(await startMemoryOrigin(objects))
  const proxy = stack.use(await startOriginProxy(origin.url))
  const client = stack.use(createOriginClient(proxy.url, { ...quick, ...options }))
  return { origin, proxy, client, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('fetches documents; what is not there is undefined, and not an error', async () => {
  await using it = await setUp()
  expect(await it.client.fetchMetadata('timestamp.json', 100, { signal })).toEqual(latest)
  expect(await it.client.fetchMetadata('2.rel-app%2Bb.json', 100, { signal })).toEqual(latest)
  expect(await it.client.fetchMetadata('3.root.json', 100, { signal })).toBeUndefined()
  it.proxy.fail({ kind: 'status', status: 403 })
  expect(await it.client.fetchMetadata('timestamp.json', 100, { signal })).toBeUndefined()
  expect(it.client.stats).toMatchObject({ requests: 4, retries: 0, errors: {} })
})

test('a probe tells how long an answer takes, whether Range works and what the time is there, and what is wrong', async () => {
  const answered: number[] = []
  await using it = await setUp({ onAnswered: (ms) => answered.push(ms) })
  const { roundTripMs, rangeWorks, dateMs = 0 } = await it.client.probe({ signal })
  expect(answered).toHaveLength(1)
  expect(roundTripMs).toBeGreaterThanOrEqual(answered[0] ?? Infinity)
  expect(rangeWorks).toBe(true)
  expect(Math.abs(dateMs - Date.now())).toBeLessThan(60_000)
  it.proxy.fail({ kind: 'ignore-range' }, { times: 1 })
  expect(await it.client.probe({ signal })).toMatchObject({ rangeWorks: false })
  it.proxy.fail({ kind: 'status', status: 404 }, { times: 1 })
  expect(await it.client.probe({ signal })).toMatchObject({ rangeWorks: undefined })
  it.proxy.fail({ kind: 'status', status: 502 }, { times: 1 })
  await expect(it.client.probe({ signal })).rejects.toMatchObject({ code: 'ORIGIN_UNREACHABLE' })
  expect(it.client.stats.requests).toBe(4)
})

test('asks again after a passing failure of the server', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'status', status: 500 }, { times: 1 })
  it.proxy.fail({ kind: 'hang' }, { times: 1 })
  expect(await it.client.fetchMetadata('timestamp.json', 100, { signal })).toEqual(latest)
  expect(it.client.stats).toMatchObject({ requests: 3, retries: 2, errors: { STATUS_500: 1, TIMEOUT: 1 } })
})

test('gives up after the last attempt, and says so', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'status', status: 502 })
  await expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toMatchObject({
    code: 'ORIGIN_UNREACHABLE',
    message: expect.stringMatching(/answered 502 .*3 attempts/),
  })
  expect(it.client.stats.requests).toBe(3)
})

test('does not repeat a request that was refused for good', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'status', status: 401 })
  await expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toMatchObject({
    code: 'ORIGIN_INVALID',
  })
  expect(it.client.stats.requests).toBe(1)
})

test('waits as long as Retry-After says, with every request of the client', async () => {
  await using it = await setUp({ retryAfterMaxMs: 200 })
  it.proxy.fail({ kind: 'status', status: 503, retryAfter: '3600' }, { times: 1 })
  const start = performance.now()
  const first = it.client.fetchMetadata('timestamp.json', 100, { signal })
  await expect.poll(() => it.client.stats.errors).toEqual({ STATUS_503: 1 })
  expect(await it.client.fetchBlock(id, 100, { signal })).toEqual(block)
  expect(performance.now() - start).toBeGreaterThanOrEqual(200)
  expect(await first).toEqual(latest)
})

test('an abort ends the wait at once', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'status', status: 429, retryAfter: '30' })
  const abort = new AbortController()
  const fetched = it.client.fetchMetadata('timestamp.json', 100, { signal: abort.signal })
  await expect.poll(() => it.client.stats.errors).toEqual({ STATUS_429: 1 })
  abort.abort(new Error('paused'))
  await expect(fetched).rejects.toThrow('paused')
})

test('follows a redirect to the same origin, and not for ever', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'redirect', to: it.proxy.url }, { times: 3 })
  expect(await it.client.fetchMetadata('timestamp.json', 100, { signal })).toEqual(latest)
  it.proxy.fail({ kind: 'redirect', to: it.proxy.url }, { times: 4 })
  await expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toMatchObject({
    code: 'ORIGIN_INVALID',
  })
  expect(it.client.stats.errors).toEqual({ REDIRECT: 1 })
})

test('refuses a redirect elsewhere unless that place is allowed, and never sends a password there', async () => {
  await using elsewhere = await startMemoryOrigin(objects)
  await using watch = await startOriginProxy(elsewhere.url)
  await using it = await setUp()
  it.proxy.fail({ kind: 'redirect', to: watch.url })
  await expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toMatchObject({
    code: 'ORIGIN_INVALID',
    fix: expect.stringContaining(`allow redirects to ${watch.url.slice(0, -1)}`),
  })
  expect(watch.requests).toEqual([])

  const withPassword = it.proxy.url.replace('//', '//user:s3cret@')
  await using allowing = createOriginClient(withPassword, { ...quick, allowRedirectTo: [watch.url] })
  expect(await allowing.fetchMetadata('timestamp.json', 100, { signal })).toEqual(latest)
  expect(it.proxy.requests.at(-1)?.headers.authorization).toMatch(/^Basic /)
  expect(watch.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
})

test('refuses an answer that was compressed on the way', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'encoding', name: 'gzip' })
  await expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toMatchObject({
    code: 'ORIGIN_INVALID',
    fix: expect.stringContaining('turn compression off'),
  })
  expect(it.proxy.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity'])
})

test('never takes more of a document than it may have, announced or not', async () => {
  await using it = await setUp()
  await expect(it.client.fetchBlock(id, 3, { signal })).rejects.toMatchObject({ code: 'ORIGIN_INVALID' })
  expect(it.client.stats.wireBytes).toBe(0)
  it.proxy.fail({ kind: 'overlong', extraBytes: 5_000_000 })
  await expect(it.client.fetchBlock(id, 1_000, { signal })).rejects.toMatchObject({ code: 'ORIGIN_INVALID' })
  expect(it.client.stats.wireBytes).toBeLessThan(500_000)
})

test('a truncated document is fetched again', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'truncate', afterBytes: 3 }, { times: 1 })
  expect(await it.client.fetchMetadata('timestamp.json', 100, { signal })).toEqual(latest)
  expect(it.client.stats.errors).toEqual({ TRUNCATED: 1 })
})

test('a damaged block is fetched once more, then reported', async () => {
  await using it = await setUp()
  it.proxy.fail({ kind: 'corrupt' }, { times: 1 })
  expect(await it.client.fetchBlock(id, 100, { signal })).toEqual(block)
  it.proxy.fail({ kind: 'corrupt' })
  await expect(it.client.fetchBlock(id, 100, { signal })).rejects.toMatchObject({ code: 'ORIGIN_CORRUPT' })
  expect(it.client.stats).toMatchObject({ wastedBytes: 3 * block.length, errors: { CORRUPT: 3 } })
})

test('a pack index leads to the chunks; one that breaks the format is fetched once more, then reported', async () => {
  await using it = await setUp()
  const index = await it.client.fetchIndex(manifest, { signal })
  const chunks = new Map<number, Uint8Array | undefined>()
  for await (const { chunk, bytes } of it.client.fetchChunks(index, manifest, [1, 0], { signal }))
    chunks.set(chunk, bytes)
  expect(chunks).toEqual(new Map(packed.contents.entries()))

  it.proxy.fail({ kind: 'corrupt' })
  await expect(it.client.fetchIndex(manifest, { signal })).rejects.toMatchObject({ code: 'ORIGIN_CORRUPT' })
  it.proxy.heal()
  it.proxy.fail({ kind: 'status', status: 404 })
  await expect(it.client.fetchIndex(manifest, { signal })).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('an origin where nobody listens is unreachable, and the error keeps its password', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await using client = createOriginClient(`http://user:s3cret@127.0.0.1:${port}/a?key=s3cret`, quick)
  const error: unknown = await client
    .fetchMetadata('timestamp.json', 100, { signal })
    .catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ORIGIN_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
  expect(String(error)).not.toContain('s3cret')
  expect(client.stats.errors).toEqual({ CONNECT: 3 })
})

test('a closed client fails what it was doing', async () => {
  await using it = await setUp({ headersTimeoutMs: 60_000 })
  it.proxy.fail({ kind: 'hang' })
  const fetched = expect(it.client.fetchMetadata('timestamp.json', 100, { signal })).rejects.toThrow('was closed')
  await expect.poll(() => it.proxy.requests.length).toBe(1)
  await it.client[Symbol.asyncDispose]()
  await fetched
})
