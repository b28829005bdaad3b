// A rollout from creation to its end, through the store, the engine and the policy that devices ask for; devices are reports.
import { createSigner, parsePolicy, type Policy, type Report } from '@shoal/release'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDesk } from '../api/desk.ts'
import { reportOf, rolloutOf } from '../fixture/report.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store, StoredPolicy } from '../store/store.ts'
import { advance } from './advance.ts'
import { startEngine } from './engine.ts'
import { readPolicyFile, writePolicyFile } from './origin-file.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { createShelf } from './shelf.ts'

const KEY = createSigner(new Uint8Array(32).fill(3))
const DAY_MS = 86_400_000

let stack: AsyncDisposableStack
let folder: string
let store: Store
let published: StoredPolicy[]
let publisher: Publisher
const clock = { nowMs: 1_800_000_000_000 }
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'shoal-policy-'))
  stack.defer(() => rmSync(folder, { recursive: true }))
  store = stack.use(await openSqliteStore(join(folder, 'tracker.db')))
  published = []
  publisher = publisherOn(store)
})
afterEach(() => stack.disposeAsync())

const now = (): number => clock.nowMs

function publisherOn(own: Store, earlierPolicy?: Uint8Array): Publisher {
  return createPublisher({ store: own, key: KEY, now, earlierPolicy, onPolicy: (policy) => published.push(policy) })
}

async function step(seconds = 0): Promise<void> {
  clock.nowMs += seconds * 1_000
  while (!(await store.placeDevices()));
  await advance({ store, publisher, now })
}

function newest(): Policy {
  const document = published.at(-1)?.document
  if (document === undefined) throw new Error('nothing was published')
  return parsePolicy(document).policy
}

async function tell(devices: readonly string[], change: Partial<Report>): Promise<void> {
  const reports = devices.map((device) => reportOf({ device, group: device.split('-')[0] ?? '', ...change }))
  await store.takeReports(reports, now())
}

const CANARY = ['canary-1', 'canary-2', 'canary-3']
const ALL = Array.from({ length: 20 }, (_, at) => `desk-${at}`)
const { id, version, gate, rings } = rolloutOf()
const PLAN = {
  ...{ product: 'game', channel: 'stable', id, version, gate, rings: [...rings], approval: 'automatic' },
  ...{ returns: false, spreadSeconds: 0, windows: [], download: 'at-once', soakSeconds: 10, timeoutSeconds: 60 },
} as const

async function begin(): Promise<void> {
  await tell([...CANARY, ...ALL], { counter: 1 })
  await createDesk({ store, publish: (change) => publisher.publish(change), now }).create(PLAN as never, 'ada')
  await step()
}

describe('a rollout', () => {
  it('opens ring after ring as devices become healthy, and what it brought is then for everybody', async () => {
    await begin()
    expect(newest().channels).toMatchObject([{ rollout: { id, state: 'running', openedAtMs: [now()] } }])
    await tell(CANARY, { counter: 2, state: 'began', version, rollout: id })
    await step(10)
    await tell(CANARY, { counter: 3, state: 'healthy', version, rollout: id })
    await step(1)
    expect(newest().channels[0]?.rollout?.openedAtMs).toHaveLength(1)
    await step(gate.soakSeconds)
    expect(newest().channels[0]?.rollout?.openedAtMs).toHaveLength(2)
    await tell(ALL, { counter: 2, state: 'healthy', version, rollout: id })
    await step(1)
    await step(gate.soakSeconds)
    expect(newest().channels).toMatchObject([{ base: version, rollout: { state: 'completed' } }])
    const { rows } = await store.audit({ rollout: id }, { limit: 50 })
    expect(rows.map(({ action }) => action.replace('rollout.', '')).reverse()).toEqual([
      ...['created', 'opened', 'passed', 'opened', 'passed', 'completed'],
    ])
  })

  it('whose canaries fail is halted, and nobody else is offered it', async () => {
    await begin()
    await tell(CANARY, { counter: 2, state: 'failed', code: 'HEALTH_CHECK', version, rollout: id })
    await step(1)
    expect(newest().channels).toMatchObject([{ rollout: { state: 'halted' } }])
    expect(newest().channels[0]?.rollout?.openedAtMs).toHaveLength(1)
    expect(await store.rollout(id)).toMatchObject({ reason: expect.stringContaining('HEALTH_CHECK x3') })
  })

  it('goes on where it was when the tracker was away, and counts what came meanwhile once', async () => {
    await begin()
    await tell(CANARY, { counter: 2, state: 'healthy', version, rollout: id })
    await store[Symbol.asyncDispose]()
    store = stack.use(await openSqliteStore(join(folder, 'tracker.db')))
    publisher = publisherOn(store)
    await tell(CANARY, { counter: 2, state: 'healthy', version, rollout: id })
    await step(1)
    await step(gate.soakSeconds)
    expect((await store.ringTotals(id, now()))[0]).toMatchObject({ target: 3, healthy: 3 })
    expect(newest().channels[0]?.rollout?.openedAtMs).toHaveLength(2)
  })

  it('of two trackers on one store is decided once', async () => {
    await begin()
    await tell(CANARY, { counter: 2, state: 'failed', code: 'DISK_FULL', version, rollout: id })
    const other = stack.use(await openSqliteStore(join(folder, 'tracker.db')))
    const theirs = { store: other, publisher: publisherOn(other), now }
    await Promise.all([advance({ store, publisher, now }), advance(theirs), advance(theirs)])
    expect((await store.audit({ rollout: id }, { limit: 50 })).rows.map(({ action }) => action)).toEqual([
      ...['rollout.halted', 'rollout.opened', 'rollout.created'],
    ])
    expect((await store.policies({ limit: 10 })).rows.map((row) => row.version)).toEqual([3, 2, 1])
  })
})

describe('the policy', () => {
  it('rises by one with each change, and stays as it is without', async () => {
    await begin()
    await step(1)
    await step(1)
    expect(published.map((policy) => policy.version)).toEqual([1, 2])
  })

  it('is signed anew well before it expires, by an engine that has nothing else to do', async () => {
    await begin()
    const before = newest()
    clock.nowMs += 9 * DAY_MS
    await publisher.publish({ audit: [] })
    expect(newest().version).toBe(before.version)
    clock.nowMs += 2 * DAY_MS
    await publisher.publish({ audit: [] })
    expect(newest().version).toBe(before.version + 1)
    expect(newest().expires.getTime()).toBe(Math.floor((now() + 30 * DAY_MS) / 1_000) * 1_000)
  })

  it('of a store that was lost follows the one that lies at the origin', async () => {
    await begin()
    await writePolicyFile(folder, published.at(-1)?.document ?? new Uint8Array())
    const lost = stack.use(await openSqliteStore(join(folder, 'other.db')))
    const last = newest().version
    const channel = { product: 'game', channel: 'stable', steps: [], withdrawn: [], revision: 1 }
    const own = publisherOn(lost, await readPolicyFile(folder))
    expect(await own.publish({ channels: [{ next: channel }], audit: [] })).toBe('changed')
    expect(newest().version).toBe(last + 1)
  })

  it('that no device would take is not published, and nothing of the change is kept', async () => {
    const steps = ['not a version!']
    const channel = { product: 'game', channel: 'stable', steps, withdrawn: [], revision: 1 }
    const publish = publisher.publish({ channels: [{ next: channel }], audit: [] })
    await expect(publish).rejects.toMatchObject({ code: 'INVALID' })
    expect(await store.channels()).toEqual([])
  })

  it('lies at the origin whole, and a newer one of another tracker stays', async () => {
    await begin()
    const [first, second] = published.map(({ document }) => document)
    if (first === undefined || second === undefined) throw new Error('there are two')
    await writePolicyFile(folder, second)
    await writePolicyFile(folder, first)
    expect(readFileSync(join(folder, 'tuf/policy.json'))).toEqual(Buffer.from(second))
    expect(await readPolicyFile(join(folder, 'none'))).toBeUndefined()
  })

  it('is told once, and written again where the disk refused it', async () => {
    await begin()
    const [told, failures]: unknown[][] = [[], []]
    let isFull = true
    const write = async (): Promise<void> => {
      if (isFull) throw new Error('disk full')
    }
    const shelf = createShelf({ tell: (each) => told?.push(each), write, onFailure: (each) => failures?.push(each) })
    const [first, second] = published
    if (first === undefined || second === undefined) throw new Error('there are two')
    shelf.put(second)
    shelf.put(first)
    await shelf.settled()
    isFull = false
    shelf.put(second)
    await shelf.settled()
    expect(told).toEqual([second.document])
    expect(failures?.length).toBeGreaterThan(0)
    expect([shelf.newest(), shelf.isKnown(second.document)]).toEqual([second, true])
    expect(() => shelf.isKnown(new Uint8Array([1]))).toThrow()
  })
})

it('an engine places, decides and hands on, and a store that fails once is asked again', async () => {
  await begin()
  const failures: unknown[] = []
  const heard = Promise.withResolvers<StoredPolicy>()
  let rounds = 0
  const engine = startEngine({
    store,
    advance: async () => {
      rounds += 1
      if (rounds === 1) throw new Error('the database is away')
      return Infinity
    },
    onPolicy: heard.resolve,
    onFailure(error) {
      failures.push(error)
      engine.ring()
    },
    now,
  })
  expect((await heard.promise).version).toBe(2)
  expect([rounds, failures.length]).toEqual([2, 1])
  await engine[Symbol.asyncDispose]()
})
