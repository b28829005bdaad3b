/** What each role may do, written down apart from the routes that say so. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openApi, type TestApi } from '../fixture/api.ts'
import { ROLES } from '../store/store.ts'

let api: TestApi
let count = 0
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api[Symbol.asyncDispose]())
beforeEach(() => void (api.clock.nowMs += 600_000))

/** A rollout of its own channel that is under way. */
async function begun(): Promise<string> {
  const id = `rollout-${++count}`
  const rings = [{ name: 'canary', percent: 10 }, { name: 'all' }]
  await api.ask('publisher', 'POST', '/rollouts', { product: id, channel: 'stable', version: '1.0', id, rings })
  return id
}

const LOOKS = ['/overview', '/rollouts', '/devices', '/sites', '/groups', '/policies', '/audit', '/session']
const ORDERS = [
  { do: 'edit', rings: [{ name: 'half', percent: 50 }, { name: 'all' }] },
  { do: 'pause' },
  { do: 'promote' },
  { do: 'halt', returns: false },
]
/** What is done beside the tracker alone, or by devices alone, and has no route. */
const NOWHERE: ['POST' | 'GET', string][] = [
  ['POST', '/tokens'],
  ['GET', '/tokens'],
  ['POST', '/policies'],
  ['POST', '/devices'],
  ['POST', '/audit'],
  ['POST', '/webhooks'],
  ['GET', '/members'],
]

describe.each(ROLES)('a %s', (role) => {
  it('may look at everything', async () => {
    for (const path of LOOKS) expect([path, (await api.ask(role, 'GET', path)).status]).toEqual([path, 200])
  })

  it(`may ${role === 'viewer' ? 'not ' : ''}change what is under way, under its own name`, async () => {
    for (const order of ORDERS) {
      const id = await begun()
      const { status } = await api.ask(role, 'POST', `/rollouts/${id}/orders`, order)
      expect([order, status]).toEqual([order, role === 'viewer' ? 403 : 200])
      const { rows } = await api.store.audit({ rollout: id }, { limit: 1 })
      expect(rows[0]?.by).toBe({ viewer: 'ci', operator: 'ada', publisher: 'ci' }[role])
    }
  })

  it(`may ${role === 'publisher' ? '' : 'not '}begin a rollout`, async () => {
    const id = `own-${role}`
    const wanted = { product: id, channel: 'stable', version: '1.0', id }
    const { status, body } = await api.ask(role, 'POST', '/rollouts', wanted)
    expect(status).toBe(role === 'publisher' ? 200 : 403)
    expect(await api.store.rollout(id)).toEqual(role === 'publisher' ? body['rollout'] : undefined)
  })

  it('may not make tokens, sign a policy, report for devices, write the log or let members in', async () => {
    for (const [method, path] of NOWHERE) {
      expect([path, (await api.ask(role, method, path, method === 'POST' ? {} : undefined)).status]).toEqual([
        path,
        404,
      ])
    }
  })

  it('may not be used by a page of another site', async () => {
    const id = await begun()
    const headers = { cookie: `shoal_token=${api.tokens[role]}`, 'sec-fetch-site': 'cross-site' }
    const url = `/api/v1/rollouts/${id}/orders`
    const { statusCode } = await api.server.inject({ method: 'POST', url, headers, payload: ORDERS[0] as object })
    expect([statusCode, (await api.store.rollout(id))?.state]).toEqual([403, 'running'])
  })
})

it('refuses a publisher a second rollout beside the one that is under way', async () => {
  const id = await begun()
  const second = { product: id, channel: 'stable', version: '2.0', id: `${id}-2` }
  const answer = await api.ask('publisher', 'POST', '/rollouts', second)
  expect(answer).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
})
