import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DoctorFacts } from '../doctor/index.ts'
import { LIMITS } from '../limits.ts'
import { encodeLimitOrder, parseLimitOrder, type LimitOrder } from './limit-order.ts'
import { askDaemon, askForReports, startControl, type PeerStatus } from './index.ts'

const STATUS = { peerId: 'me' } as PeerStatus
const DEAD = { counter: 7, state: 'failed', code: 'NOT_YOURS' } as const

let dir: string
let socketPath: string
let orders: LimitOrder[]
let resent: (readonly number[] | undefined)[]
let control: AsyncDisposable

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'shoal-control-'))
  socketPath = join(dir, 'control.sock')
  orders = []
  resent = []
  control = await startControl(socketPath, {
    status: () => STATUS,
    setPaused: () => undefined,
    limit: (order) => orders.push(order),
    doctor: () => Promise.resolve({ nowMs: 1 } as DoctorFacts),
    reports: {
      list: (which) => (which === 'dead' ? [DEAD] : []),
      resend(counters) {
        resent.push(counters)
        return Promise.resolve(1)
      },
    },
  })
})
afterEach(async () => {
  await control[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

async function post(path: string, body: string): Promise<number> {
  const sent = request({ socketPath, path, method: 'POST' }).end(body)
  const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number }]
  await text(response)
  return response.statusCode
}

describe('the control socket', () => {
  it('carries orders about limits, unlimited ones too, and answers with the status', async () => {
    const order: LimitOrder = { set: { uploadWan: 5_000_000, origin: 0, downloadLan: Infinity }, clear: true }
    expect(await askDaemon(socketPath, 'limit', order)).toEqual(STATUS)
    expect(orders).toEqual([order])
  })

  it.each([
    ['no JSON', '{'],
    ['an unknown flow', '{"set":{"upload":1000000},"clear":false}'],
    ['a rate that is too little', '{"set":{"uploadWan":1},"clear":false}'],
    ['a rate that is none', '{"set":{"uploadWan":"5MB/s"},"clear":false}'],
    ['an unknown key', '{"set":{},"clear":false,"paused":true}'],
    ['half an order', '{"set":{}}'],
    ['more than an order can be', ' '.repeat(LIMITS.controlBodyBytesMax + 1)],
  ])('refuses %s', async (_name, body) => {
    expect(await post('/v1/limit', body)).toBe(400)
    expect(orders).toEqual([])
  })

  it('lists reports, and has those sent again that are named, or all', async () => {
    expect(await askForReports(socketPath)).toEqual({ pending: [], dead: [DEAD] })
    expect(await askForReports(socketPath, { counters: [7] })).toEqual({ pending: [], dead: [DEAD] })
    await askForReports(socketPath, {})
    expect(resent).toEqual([[7], undefined])
  })

  it.each(['{', '{"counters":[0]}', '{"counters":[1.5]}', '{"counters":"all"}', '{"all":true}', '[]'])(
    'refuses the order %s about reports',
    async (body) => {
      expect(await post('/v1/reports/resend', body)).toBe(400)
      expect(resent).toEqual([])
    },
  )

  it('knows no other path', async () => {
    expect(await post('/v1/limits', '{}')).toBe(404)
  })
})

it('an order is read as it was written', () => {
  const order: LimitOrder = { set: { uploadLan: Infinity, downloadWan: 16_000 }, clear: false }
  expect(parseLimitOrder(encodeLimitOrder(order))).toEqual(order)
})
