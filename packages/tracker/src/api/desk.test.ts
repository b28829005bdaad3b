import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openApi, type TestApi } from '../fixture/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await openApi()
})
afterAll(() => api[Symbol.asyncDispose]())
// Nobody is slowed down for what an earlier test did.
beforeEach(() => void (api.clock.nowMs += 600_000))

const plan = (id: string, change: object = {}) => ({ id, product: id, channel: 'stable', version: '2.0', ...change })
const create = (body: object) => api.ask('publisher', 'POST', '/rollouts', body)
const order = (id: string, body: object) => api.ask('operator', 'POST', `/rollouts/${id}/orders`, body)

it('begins, pauses, resumes, promotes and halts, each with an entry of the log that says by whom', async () => {
  const begun = await create(plan('game', { rings: [{ name: 'canary', percent: 10 }, { name: 'all' }] }))
  expect(begun).toMatchObject({
    status: 200,
    body: { rollout: { state: 'running', createdBy: 'ci', returns: false } },
  })
  expect(await order('game', { do: 'promote' })).toMatchObject({
    status: 200,
    body: { rings: [{ state: 'open' }, { state: 'waiting' }] },
  })
  expect(await order('game', { do: 'pause', reason: 'lunch' })).toMatchObject({
    body: { orders: ['resume', 'promote', 'halt'], rollout: { reason: 'lunch' } },
  })
  expect(await order('game', { do: 'pause' })).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT', message: expect.stringContaining('paused') },
  })
  expect(await order('game', { do: 'resume' })).toMatchObject({ body: { rollout: { state: 'running' } } })
  expect(await order('game', { do: 'halt', returns: true })).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining('go back to') },
  })
  expect(await order('game', { do: 'halt', returns: false })).toMatchObject({
    body: { rollout: { state: 'halted' }, reporters: 'anyone', orders: [] },
  })
  const { body } = await api.ask('viewer', 'GET', '/audit?rollout=game')
  const rows = body['rows'] as { action: string; by: string }[]
  expect(rows.map(({ action, by }) => `${by} ${action}`)).toEqual([
    'ada rollout.halted',
    'ada rollout.resumed',
    'ada rollout.paused',
    'ada rollout.opened',
    'ci rollout.created',
  ])
})

it('makes what was completed the version of the channel, and goes back to it from the next', async () => {
  await create(plan('tool'))
  await order('tool', { do: 'promote' })
  expect(await order('tool', { do: 'promote' })).toMatchObject({ body: { rollout: { state: 'completed' } } })
  const next = await create(plan('tool-3', { product: 'tool', version: '3.0' }))
  expect(next).toMatchObject({ status: 200, body: { rollout: { base: '2.0', returns: true } } })
  await order('tool-3', { do: 'halt', returns: true })
  const channel = (await api.store.channels()).find(({ product }) => product === 'tool')
  expect(channel).toMatchObject({ base: '2.0', withdrawn: [{ version: '3.0', rollout: 'tool-3' }] })
})

it('does not begin beside another one of its channel, nor with an id that was used', async () => {
  await create(plan('beside'))
  const beside = await create(plan('other', { product: 'beside' }))
  expect(beside).toMatchObject({ status: 409, body: { message: expect.stringContaining('under way') } })
  await order('beside', { do: 'halt', returns: false })
  expect(await create(plan('beside'))).toMatchObject({
    status: 409,
    body: { message: expect.stringContaining('beside') },
  })
})

it('changes rings that have not begun, and none that has', async () => {
  const rings = [{ name: 'canary', percent: 10 }, { name: 'all' }]
  await create(plan('edited', { rings }))
  await order('edited', { do: 'promote' })
  const half = { name: 'half', percent: 50 }
  const edited = await order('edited', { do: 'edit', rings: [{ name: 'canary', percent: 10 }, half, { name: 'all' }] })
  expect(edited).toMatchObject({
    status: 200,
    body: {
      rings: [
        { name: 'canary', state: 'open' },
        { name: 'half', percent: 50 },
        { name: 'all', state: 'waiting' },
      ],
    },
  })
  for (const wrong of [[half], [{ name: 'canary', percent: 20 }, half], [half, { name: 'canary', percent: 10 }]]) {
    expect(await order('edited', { do: 'edit', rings: wrong })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', message: expect.stringContaining('has begun') },
    })
  }
  const twice = await order('edited', { do: 'edit', rings: [{ name: 'canary', percent: 10 }, half, half] })
  expect(twice).toMatchObject({ status: 400, body: { code: 'INVALID' } })
  const { rows } = await api.store.audit({ rollout: 'edited' }, { limit: 1 })
  expect(rows).toMatchObject([
    { by: 'ada', action: 'rollout.edited', text: expect.stringContaining('canary, half, all') },
  ])
  await order('edited', { do: 'halt', returns: false })
  expect(await order('edited', { do: 'edit', rings })).toMatchObject({ status: 409 })
})

it('makes an id of what it rolls out when none is given', async () => {
  const { body } = await create(plan('named', { id: undefined, version: '4.7+Rc_1' }))
  expect(body).toMatchObject({ rollout: { id: expect.stringMatching(/^named-stable-4-7-rc-1-[0-9a-f]{6}$/) } })
})

it('gives orders that are given at the same time one after the other', async () => {
  await create(plan('busy'))
  const answers = await Promise.all(
    ['pause', 'pause', 'pause', 'resume', 'resume'].map((verb) => order('busy', { do: verb })),
  )
  for (const { status } of answers) expect([200, 409]).toContain(status)
  const { total } = await api.store.audit({ rollout: 'busy' }, { limit: 1 })
  expect(total).toBe(1 + answers.filter(({ status }) => status === 200).length)
})

it.each([
  ['no version', { version: undefined }, /version/],
  ['a product that is no name', { product: '../x' }, /product/],
  ['a percentage above 100', { rings: [{ name: 'a', percent: 101 }] }, /rings/],
  ['17 rings', { rings: Array.from({ length: 17 }, (_, at) => ({ name: `r${at}` })) }, /rings/],
  ['a zone that is none', { windows: [{ days: [1], fromMinute: 0, toMinute: 60, zone: 'Mars' }] }, /Mars/],
  ['a timeout shorter than the soak', { soakSeconds: 100, timeoutSeconds: 50 }, /soak|timeout/i],
])('refuses a rollout with %s', async (_name, change, words) => {
  const { status, body } = await create(plan('wrong', change))
  expect([status, body]).toMatchObject([400, { code: 'INVALID', message: expect.stringMatching(words) }])
  expect(await api.store.rollout('wrong')).toBeUndefined()
})

it('finds no rollout that nobody began', async () => {
  expect(await order('none', { do: 'pause' })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  expect(await api.ask('viewer', 'GET', '/rollouts/none')).toMatchObject({ status: 404 })
})
