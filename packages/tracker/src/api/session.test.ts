import { afterAll, beforeAll, expect, it } from 'vitest'
import { openApi, type TestApi } from '../fixture/api.ts'
import { newToken } from './token.ts'

let api: TestApi
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api[Symbol.asyncDispose]())

const URL = '/api/v1/session'
const logIn = (token: string) => api.server.inject({ method: 'POST', url: URL, payload: { token } })
const pause = (headers: Record<string, string>) =>
  api.server.inject({
    ...{ method: 'POST', url: '/api/v1/rollouts/none/orders', payload: { do: 'pause' } },
    headers: { cookie: `shoal_token=${api.tokens.operator}`, host: 'tracker.example', ...headers },
  })

it('turns a token into a cookie that no script and no other site can use', async () => {
  const answer = await logIn(api.tokens.operator)
  expect(answer.json()).toEqual({ name: 'ada', role: 'operator' })
  expect(answer.headers['set-cookie']).toBe(`shoal_token=${api.tokens.operator}; Path=/; HttpOnly; SameSite=Strict`)
  const session = await api.server.inject({ url: URL, headers: { cookie: `a=b; shoal_token=${api.tokens.operator}` } })
  expect(session.json()).toEqual({ name: 'ada', role: 'operator' })
})

it('gives no cookie for a token that is none', async () => {
  for (const token of ['', 'x', newToken(), 'x'.repeat(10_000)]) {
    const answer = await logIn(token)
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(answer.headers['set-cookie']).toBeUndefined()
  }
})

it('ends with a cookie that has expired', async () => {
  const answer = await api.server.inject({ method: 'DELETE', url: URL })
  expect(answer.headers['set-cookie']).toContain('Max-Age=0')
})

it('makes changes by cookie only for pages of its own', async () => {
  expect((await pause({ 'sec-fetch-site': 'same-origin', origin: 'http://tracker.example' })).statusCode).toBe(404)
  expect((await pause({ origin: 'http://tracker.example' })).statusCode).toBe(404)
  for (const headers of [
    {},
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'http://tracker.example' },
    { 'sec-fetch-site': 'same-origin', origin: 'http://evil.example' },
  ] as Record<string, string>[]) {
    expect((await pause(headers)).json()).toMatchObject({ code: 'FORBIDDEN' })
  }
})

it('believes a header rather than a cookie', async () => {
  const headers = { cookie: `shoal_token=${api.tokens.publisher}`, authorization: `Bearer ${api.tokens.viewer}` }
  expect((await api.server.inject({ url: URL, headers })).json()).toMatchObject({ role: 'viewer' })
  const basic = { cookie: `shoal_token=${api.tokens.publisher}`, authorization: 'Basic eDp5' }
  expect((await api.server.inject({ url: URL, headers: basic })).statusCode).toBe(401)
})
