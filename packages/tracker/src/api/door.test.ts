import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openApi, type TestApi } from '../fixture/api.ts'
import { LIMITS } from '../limits.ts'
import { newToken } from './token.ts'

let api: TestApi
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api[Symbol.asyncDispose]())
// Nobody is slowed down for what an earlier test did.
beforeEach(() => void (api.clock.nowMs += 600_000))

describe('limits', () => {
  it('slow a token down that asks too often, and say for how long', async () => {
    const ask = () =>
      api.server.inject({ url: '/api/v1/session', headers: { authorization: `Bearer ${api.tokens.viewer}` } })
    for (let count = 0; count < LIMITS.apiBurst; count++) expect((await ask()).statusCode).toBe(200)
    const answer = await ask()
    expect([answer.statusCode, answer.headers['retry-after'], answer.json<object>()]).toMatchObject([
      429,
      '1',
      { code: 'TOO_OFTEN' },
    ])
    expect((await api.ask('operator', 'GET', '/overview')).status).toBe(200)
    api.clock.nowMs += LIMITS.apiRefillMs
    expect((await ask()).statusCode).toBe(200)
  })

  it('slow down who guesses tokens, and nobody else at that address', async () => {
    const guess = () =>
      api.server.inject({ url: '/api/v1/session', headers: { authorization: `Bearer ${newToken()}` } })
    for (let count = 0; count < LIMITS.apiFailureBurst; count++) expect((await guess()).statusCode).toBe(401)
    expect((await guess()).statusCode).toBe(429)
    expect((await api.ask('viewer', 'GET', '/overview')).status).toBe(200)
  })

  it('refuse a body that is too large before it is read, also without a length', async () => {
    const headers = { authorization: `Bearer ${api.tokens.publisher}`, 'content-type': 'application/json' }
    const payload = JSON.stringify({ product: 'x'.repeat(LIMITS.httpBodyBytesMax) })
    const answer = await api.server.inject({ method: 'POST', url: '/api/v1/rollouts', headers, payload })
    expect([answer.statusCode, answer.json<object>()]).toMatchObject([413, { code: 'TOO_LARGE' }])
  })

  it.each([
    ['no JSON', 'application/json', '{'],
    ['JSON that is no object', 'application/json', '[]'],
    ['of another type', 'text/plain', 'x'],
    ['with __proto__', 'application/json', '{"__proto__": {"role": "publisher"}}'],
  ])('refuse a body that is %s', async (_name, type, payload) => {
    const headers = { authorization: `Bearer ${api.tokens.publisher}`, 'content-type': type }
    const answer = await api.server.inject({ method: 'POST', url: '/api/v1/rollouts', headers, payload })
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(answer.statusCode).toBeLessThan(500)
    expect(answer.json()).toMatchObject({ code: 'INVALID', fix: expect.any(String) })
  })
})

describe('a fault of the program', () => {
  it('is logged, and its words go to nobody', async () => {
    await api.store[Symbol.asyncDispose]()
    const answer = await api.server.inject({
      url: '/api/v1/overview',
      headers: { authorization: `Bearer ${api.tokens.viewer}` },
    })
    expect(answer.statusCode).toBeGreaterThanOrEqual(500)
    expect(answer.json()).toMatchObject({ code: expect.stringMatching(/INTERNAL|STORE_UNAVAILABLE/) })
  })
})
