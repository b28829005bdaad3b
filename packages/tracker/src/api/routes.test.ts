import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openApi, type TestApi } from '../fixture/api.ts'
import { writeOrigin } from '../fixture/origin.ts'
import { reportOf } from '../fixture/report.ts'
import { ROLES } from '../store/store.ts'
import { ROUTES } from './api.ts'
import { digestOf, newToken } from './token.ts'

const DEVICE = '12D3KooWGjpjdR9MaM2JDsB1Jr27yrGcFkTrPJ5EDTrHPMGeqpAR'
const VALUES: Record<string, string> = { product: 'game', channel: 'stable', version: '2.0' }
const BODIES: Record<string, object> = {
  'POST /rollouts': { product: 'game', channel: 'stable', version: '2.0', id: 'game-2' },
  'POST /rollouts/:id/orders': { do: 'pause' },
}

/** A path that is really there. */
function pathOf(path: string): string {
  return path
    .replace('/devices/:id', `/devices/${DEVICE}`)
    .replace('/rollouts/:id', '/rollouts/game-2')
    .replaceAll(/:(\w+)/g, (_all, name: string) => VALUES[name] ?? name)
}

let api: TestApi
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api[Symbol.asyncDispose]())
// Nobody is slowed down for what an earlier test did.
beforeEach(() => void (api.clock.nowMs += 600_000))

async function fill(): Promise<void> {
  const atMs = api.clock.nowMs
  const bytes = { total: 100, reused: 40, patched: 0, origin: 10, lanPeers: 30, wanPeers: 5, cache: 15, wasted: 1 }
  const device = { device: DEVICE, atMs }
  await api.store.takeReports([reportOf({ ...device, counter: 1 })], atMs)
  await api.ask('publisher', 'POST', '/rollouts', BODIES['POST /rollouts'])
  const rollout = { ...device, version: '2.0', rollout: 'game-2' }
  await api.store.takeReports(
    [
      reportOf({ ...rollout, counter: 2, state: 'began' }),
      reportOf({ ...rollout, counter: 3, state: 'downloaded', bytes }),
      reportOf({ ...rollout, counter: 4, state: 'failed', code: 'DISK_FULL' }),
    ],
    atMs,
  )
}

describe('each route', () => {
  const bad: (string | undefined)[] = [undefined, 'Bearer x', `Bearer ${newToken()}`]
  const entries = async (): Promise<number> => (await api.store.audit({}, { limit: 1 })).total
  beforeAll(async () => {
    await fill()
    for (const id of ['revoked', 'expired']) {
      const token = newToken()
      const expires = id === 'expired' ? { expiresMs: api.clock.nowMs } : {}
      const facts = { id, name: id, role: 'publisher', createdMs: 0, createdBy: 'test', ...expires } as const
      await api.store.addToken(facts, digestOf(token) ?? new Uint8Array())
      bad.push(`Bearer ${token}`)
    }
    await api.store.revokeToken('revoked', 1)
  })

  describe.each(ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (name, route) => {
    const url = `/api/v1${pathOf(route.path)}`
    const { method } = route
    const payload = BODIES[name]

    it('lets nobody in without a token, or with one that is none, unknown, revoked or expired', async () => {
      const before = await entries()
      expect(bad).toHaveLength(5)
      for (const authorization of bad) {
        const headers = authorization === undefined ? {} : { authorization }
        const answer = await api.server.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
        expect([answer.statusCode, answer.json<object>()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }])
      }
      expect(await entries()).toBe(before)
    })

    it('refuses roles that are too small, and says which is needed', async () => {
      const before = await entries()
      for (const role of ROLES.slice(0, ROLES.indexOf(route.role))) {
        const { status, body } = await api.ask(role, method as 'GET', pathOf(route.path), payload)
        expect([status, body]).toMatchObject([403, { code: 'FORBIDDEN', fix: expect.stringContaining(route.role) }])
      }
      expect(await entries()).toBe(before)
    })

    it('refuses what it does not know in query and body, and stores nothing', async () => {
      const before = await entries()
      const asks: [query: string, body: object | undefined][] = [
        ['?bogus=1', payload],
        ...(payload === undefined
          ? []
          : [['', { ...payload, bogus: 1 }] as [string, object], ['', {}] as [string, object]]),
      ]
      for (const [query, body] of asks) {
        const answer = await api.ask('publisher', method as 'GET', pathOf(route.path) + query, body)
        expect(answer).toMatchObject({
          status: 400,
          body: { code: 'INVALID', fix: expect.stringContaining('openapi') },
        })
      }
      expect(await entries()).toBe(before)
      expect(api.faults).toEqual([])
    })

    it('answers what it says that it answers', async () => {
      if (name === 'POST /rollouts')
        await api.ask('operator', 'POST', '/rollouts/game-2/orders', { do: 'halt', returns: false })
      const body = name === 'POST /rollouts' ? { ...payload, id: 'game-3' } : payload
      const path = name === 'POST /rollouts/:id/orders' ? '/rollouts/game-3/orders' : pathOf(route.path)
      const answer = await api.ask(route.role, method as 'GET', path, body)
      expect(answer).toMatchObject({ status: 200 })
      expect(route.answer.parse(answer.body)).toEqual(answer.body)
    })
  })
})

describe('a query', () => {
  it.each([
    ['/devices?limit=201', /limit/],
    ['/devices?limit=x', /limit/],
    ['/devices?state=ill', /state/],
    ['/devices?site=%00', /site/],
    ['/devices?rollout=A', /rollout/],
    [`/devices?text=${'x'.repeat(201)}`, /text/],
    ['/devices/me', /id/],
    ['/devices?cursor=garbage', /cursor/],
    ['/rollouts?state=waiting', /state/],
    ['/releases/game/stable/a..b', /version/],
  ])('that is wrong is refused with a word on it: %s', async (path, words) => {
    const { status, body } = await api.ask('viewer', 'GET', path)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(body['message']).toMatch(words)
    expect(api.faults).toEqual([])
  })

  it('finds what it asks for, a page at a time', async () => {
    const devices = ['a', 'b', 'c'].map((letter, at) =>
      reportOf({ device: DEVICE.slice(0, -1) + letter, site: `waw-${at}`, group: 'paged' }),
    )
    await api.store.takeReports(devices, api.clock.nowMs)
    const page = (query: string) => api.ask('viewer', 'GET', `/devices?limit=2&group=paged${query}`)
    const first = await page('')
    expect(first.body).toMatchObject({ total: 3, cursor: expect.any(String), rows: { length: 2 } })
    const second = await page(`&cursor=${encodeURIComponent(String(first.body['cursor']))}`)
    expect(second.body).toMatchObject({ total: 3, rows: { length: 1 } })
    expect((await page('&site=waw-1')).body).toMatchObject({ total: 1, rows: [{ site: 'waw-1' }] })
  })
})

describe('a release', () => {
  const path = '/releases/game/stable/2.0'

  it('shows who signed it, for each role, and its size', async () => {
    await writeOrigin(api.originDir, [
      { product: 'game', channel: 'stable', version: '2.0', platform: 'linux-x64', sizeBytes: 16 * 1024 ** 2 },
    ])
    const { body } = await api.ask('viewer', 'GET', path)
    expect(body['signed']).toMatchObject({
      roles: [{ role: 'root' }, { role: 'targets' }, { role: 'rel-game-stable', threshold: 2, keys: { length: 3 } }],
      platforms: [{ platform: 'linux-x64', sizeBytes: 16 * 1024 ** 2, entries: 1 }],
    })
  })

  it('of a tracker without an origin says plainly that it cannot tell', async () => {
    await using blind = await openApi(undefined, false)
    const { status, body } = await blind.ask('viewer', 'GET', path)
    expect([status, body['signed']]).toEqual([
      200,
      { problem: expect.stringMatching(/cannot tell.*--policy-out/), roles: [], platforms: [] },
    ])
  })
})

describe('the description', () => {
  it('is OpenAPI, and has every route with its role, its parameters and its body', async () => {
    const answer = await api.server.inject('/api/v1/openapi.json')
    const { openapi, paths } = answer.json<{
      openapi: string
      paths: Record<string, Record<string, Record<string, unknown>>>
    }>()
    expect(openapi).toBe('3.1.0')
    for (const { method, path, role, body } of ROUTES) {
      const operation = paths[`/api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`]?.[method.toLowerCase()]
      expect(operation).toMatchObject({ 'x-role': role, responses: { 200: {}, default: {} } })
      expect(operation?.['requestBody'] !== undefined).toBe(body !== undefined)
    }
    const names = (paths['/api/v1/devices']?.['get']?.['parameters'] as { name: string }[]).map(({ name }) => name)
    expect(names).toContain('silentSeconds')
  })
})
