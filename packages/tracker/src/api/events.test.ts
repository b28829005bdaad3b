import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApi, type TestApi } from '../fixture/api.ts'
import { readEvents, type StreamedEvent } from '../fixture/event-stream.ts'
import { reportOf } from '../fixture/report.ts'
import { LIMITS } from '../limits.ts'
import { digestOf, newToken } from './token.ts'

let api: TestApi
let url: string
beforeAll(async () => {
  api = await openApi()
  Object.defineProperty(api.clock, 'nowMs', { get: () => Date.now() })
  url = await api.server.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => api[Symbol.asyncDispose]())

async function open(headers: Record<string, string> = {}, token = api.tokens.viewer) {
  const controller = new AbortController()
  const response = await fetch(`${url}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: controller.signal,
  })
  const events = readEvents(response)
  const next = async (): Promise<StreamedEvent> => {
    const { value } = await events.next()
    if (value === undefined) throw new Error('the stream has ended')
    return value
  }
  return { response, events, next, [Symbol.dispose]: () => controller.abort() }
}

async function add(name: string): Promise<void> {
  await api.store.takeReports([reportOf({ device: name })], Date.now())
}

it('streams the aggregates, with ids that rise, at most once a second', async () => {
  using stream = await open()
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
  const seen = [await stream.next()]
  expect(seen).toMatchObject([{ type: 'fleet', data: { devices: { devices: 0 } } }])
  const beganMs = performance.now()
  const count = (): number => (seen.at(-1)?.data as { devices: { devices: number } }).devices.devices
  for (const name of ['a', 'b', 'c', 'd']) await add(`device-${name}`)
  while (count() < 4) seen.push(await stream.next())
  const seconds = (performance.now() - beganMs) / 1_000
  expect(seen.length - 1).toBeLessThanOrEqual(seconds + 1)
  const ids = seen.map(({ id }) => Number(id))
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  expect(new Set(ids).size).toBe(ids.length)
})

it('gives who comes back what it has not seen, and that alone', async () => {
  using stream = await open()
  const { id } = await stream.next()
  using late = await open({ 'last-event-id': '5' })
  expect((await late.next()).id).toBe(id)
  using again = await open({ 'last-event-id': id })
  await add('device-e')
  expect(Number((await again.next()).id)).toBeGreaterThan(Number(id))
})

it('ends when its token is revoked', async () => {
  const token = newToken()
  const facts = { id: 'gone', name: 'gone', role: 'viewer', createdMs: 0, createdBy: 'test' } as const
  await api.store.addToken(facts, digestOf(token) ?? new Uint8Array())
  using stream = await open({}, token)
  await stream.next()
  await api.store.revokeToken('gone', Date.now())
  for await (const event of stream.events) expect(event.type).toBe('fleet')
})

it('refuses who may not look, and more streams than there is room for', async () => {
  using refused = await open({}, 'shoal-api-x')
  expect(refused.response.status).toBe(401)
  const streams: Disposable[] = []
  const tokens = Object.values(api.tokens)
  let status = 200
  for (let count = 0; status === 200 && count <= LIMITS.eventStreamsMax; count++) {
    const stream = await open({}, tokens[count % tokens.length])
    streams.push(stream)
    status = stream.response.status
  }
  for (const stream of streams) stream[Symbol.dispose]()
  expect(status).toBe(503)
})
