import { once } from 'node:events'
import { symlink, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { noise, temporaryFolder, writeTree } from '../fixture/folder.ts'
import { startOriginServer } from './server.ts'

const pack = noise(1_500_000, 1)
const NAME = 'ab'.repeat(32)

async function serving() {
  const folder = await temporaryFolder()
  await writeTree(folder.path('origin'), {
    [`packs/${NAME}`]: pack,
    'blocks/bafy': 'block',
    'releases/bafy/index': 'index',
    'tuf/1.rel-p-c.json': 'versioned',
    'tuf/timestamp.json': 'timestamp',
    '.incoming/secret': 'half',
  })
  await writeFile(folder.path('outside'), 'secret')
  await symlink('../outside', folder.path('origin/leak'))
  const server = await startOriginServer({ dir: folder.path('origin'), host: '127.0.0.1', port: 0 })
  return {
    server,
    folder,
    async [Symbol.asyncDispose]() {
      await server.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Sends the path as it is written; fetch would tidy it. */
async function ask(url: string, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const { hostname, port } = new URL(url)
  const sent = request({ host: hostname, port, path, agent: false, ...options }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }
}

describe('the origin server', () => {
  it('serves whole files, with a strong tag and immutable caching where nothing changes', async () => {
    await using place = await serving()
    const { status, headers, body } = await ask(place.server.url, `/packs/${NAME}`)
    expect(status).toBe(200)
    expect(Buffer.compare(body, pack)).toBe(0)
    expect(headers).toMatchObject({
      etag: `"${NAME}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/octet-stream',
    })
    expect(headers['content-encoding']).toBeUndefined()
  })

  it.each([
    ['/blocks/bafy', true],
    ['/releases/bafy/index', true],
    ['/tuf/1.rel-p-c.json', true],
    ['/tuf/1%2erel-p-c.json', true],
    ['/tuf/timestamp.json', false],
  ])('tells how long %s may be kept', async (path, immutable) => {
    await using place = await serving()
    const expected = immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=5'
    const { status, headers } = await ask(place.server.url, path)
    expect([status, headers['cache-control']]).toEqual([200, expected])
  })

  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=1000000-', 1_000_000, 1_500_000],
    ['bytes=-10', 1_499_990, 1_500_000],
    ['bytes=1499999-9999999', 1_499_999, 1_500_000],
  ])('serves the range %s', async (range, from, to) => {
    await using place = await serving()
    const { status, headers, body } = await ask(place.server.url, `/packs/${NAME}`, { headers: { range } })
    expect(status).toBe(206)
    expect(headers['content-range']).toBe(`bytes ${from}-${to - 1}/1500000`)
    expect(Buffer.compare(body, pack.subarray(from, to))).toBe(0)
  })

  it('answers 416 to a range beyond the end, and says how long the file is', async () => {
    await using place = await serving()
    const { status, headers } = await ask(place.server.url, `/packs/${NAME}`, { headers: { range: 'bytes=1500000-' } })
    expect([status, headers['content-range']]).toEqual([416, 'bytes */1500000'])
  })

  it('serves the whole file when several ranges are asked', async () => {
    await using place = await serving()
    const { status, body } = await ask(place.server.url, `/packs/${NAME}`, { headers: { range: 'bytes=0-1,5-6' } })
    expect([status, body.length]).toEqual([200, pack.length])
  })

  it('answers HEAD without a body, and 304 to a tag that still holds', async () => {
    await using place = await serving()
    const head = await ask(place.server.url, `/packs/${NAME}`, { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1500000', 0])
    const headers = { 'if-none-match': `"${NAME}"` }
    expect((await ask(place.server.url, `/packs/${NAME}`, { headers })).status).toBe(304)
    const stale = await ask(place.server.url, `/packs/${NAME}`, {
      headers: { 'if-range': '"other"', range: 'bytes=0-1' },
    })
    expect([stale.status, stale.body.length]).toEqual([200, pack.length])
  })

  it('gives a replaced file another tag', async () => {
    await using place = await serving()
    const before = await ask(place.server.url, '/tuf/timestamp.json')
    await writeFile(place.folder.path('origin/tuf/timestamp.json'), 'newer')
    const after = await ask(place.server.url, '/tuf/timestamp.json')
    expect(after.headers.etag).not.toBe(before.headers.etag)
  })

  it.each([
    '/../outside',
    '/packs/../../outside',
    '/..%2foutside',
    '/%2e%2e/outside',
    '/packs/..%5c..%5coutside',
    '//etc/passwd',
    '/leak',
    '/.incoming/secret',
    '/%2eincoming/secret',
    '/packs',
    '/packs/',
    '/packs/none',
    '/%ff',
    '/%00',
    '/a%00b',
    'http://elsewhere/packs',
  ])('answers 404 to %s', async (path) => {
    await using place = await serving()
    const { status, body } = await ask(place.server.url, path)
    expect([status, body.toString()]).toEqual([404, 'Not Found\n'])
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('answers 405 to %s', async (method) => {
    await using place = await serving()
    const { status, headers } = await ask(place.server.url, `/packs/${NAME}`, { method })
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  it('counts requests and bytes', async () => {
    await using place = await serving()
    await ask(place.server.url, `/packs/${NAME}`)
    await ask(place.server.url, '/packs/none')
    expect(place.server.stats.requests).toBe(2)
    expect(place.server.stats.bytes).toBeGreaterThan(pack.length)
    expect(place.server.stats.bytes).toBeLessThan(pack.length + 2000)
  })

  it('finishes running responses when it closes, and takes no new ones', async () => {
    await using place = await serving()
    const { hostname, port } = new URL(place.server.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET /packs/${NAME} HTTP/1.1\r\nHost: x\r\n\r\n`)
    const [first] = (await once(socket, 'data')) as [Buffer]
    let received = first.length
    const closed = place.server.close()
    socket.on('data', (part: Buffer) => (received += part.length))
    await Promise.all([closed, once(socket, 'close')])
    expect(received).toBeGreaterThan(pack.length)
    await expect(ask(place.server.url, '/')).rejects.toThrow('ECONNREFUSED')
  })

  it('survives a client that goes away in the middle', async () => {
    await using place = await serving()
    const { hostname, port } = new URL(place.server.url)
    const socket = connect(Number(port), hostname)
    socket.write(`GET /packs/${NAME} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'data')
    socket.resetAndDestroy()
    expect((await ask(place.server.url, '/blocks/bafy')).body.toString()).toBe('block')
  })

  it('says that a port is in use, and that a folder is missing', async () => {
    await using place = await serving()
    const port = Number(new URL(place.server.url).port)
    const dir = place.folder.path('origin')
    await expect(startOriginServer({ dir, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `cannot listen on 127.0.0.1:${port}: another program listens there already`,
    })
    await expect(startOriginServer({ dir: `${dir}/none`, host: '127.0.0.1', port: 0 })).rejects.toMatchObject({
      code: 'ORIGIN_MISSING',
    })
  })
})
