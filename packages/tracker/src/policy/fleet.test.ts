/** A fleet of two hundred, the engine, and a store on disk, in one process and by a clock of their own. The tracker dies ten times on the way. */
import { createSigner, parsePolicy, verifyReport, type Policy } from '@shoal/release'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { someRollout } from '../fixture/rollout.ts'
import { SimDevice, type SimChannel } from '../fixture/sim-device.ts'
import { beginRollout, type RolloutPlan } from '../rollout/begin.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'
import { advance } from './advance.ts'
import { createPublisher, type Publisher } from './publisher.ts'

const DEVICES = 200
const CANARIES = 8
/** Switched off since they told what they have. */
const OFF = 5
const DEATHS = 10
const START_MS = 1_800_000_000_000
const MINUTE_MS = 60_000

/** The same every time. */
function createLuck(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

class World implements AsyncDisposable {
  readonly devices: SimDevice[]
  nowMs = START_MS
  readonly #file: string
  readonly #key = createSigner(randomBytes(32))
  readonly #luck = createLuck(7)
  #store: Store | undefined
  #downUntilMs = 0

  constructor(file: string, channel: SimChannel) {
    this.#file = file
    this.devices = Array.from(
      { length: DEVICES },
      (_, at) => new SimDevice(`device-${at}`, at < CANARIES ? 'canary' : 'office', channel),
    )
  }

  async store(): Promise<Store> {
    return (this.#store ??= await openSqliteStore(this.#file))
  }

  publisher(store: Store): Publisher {
    return createPublisher({ store, key: this.#key, now: () => this.nowMs, onPolicy: () => undefined })
  }

  async begin(plan: RolloutPlan): Promise<void> {
    const store = await this.store()
    const [known] = await store.channels()
    const channel = known ?? { product: 'game', channel: 'stable', base: '1.0', steps: [], withdrawn: [], revision: 0 }
    const last = channel.rollout === undefined ? undefined : await store.rollout(channel.rollout)
    const begun = beginRollout(channel, last, plan, 'ann', this.nowMs)
    if ('refused' in begun) throw new Error(begun.refused)
    const next = { ...begun.channel, revision: channel.revision + 1 }
    const outcome = await this.publisher(store).publish({
      rollouts: [{ next: begun.rollout }],
      channels: [known === undefined ? { next } : { next, from: known.revision }],
      audit: [],
    })
    expect(outcome).toBe('changed')
  }

  /** What was not answered is sent again; what is on disk is there when it is back. */
  async die(minutes: number): Promise<void> {
    await this.#deliver(0.5)
    await this[Symbol.asyncDispose]()
    this.#downUntilMs = this.nowMs + minutes * MINUTE_MS
  }

  async minute(): Promise<void> {
    this.nowMs += MINUTE_MS
    const isUp = this.nowMs >= this.#downUntilMs
    const policy = isUp ? await this.#policy() : undefined
    for (const device of this.#switchedOn()) {
      if (policy !== undefined && this.#luck() < 0.8) device.policy = policy
      device.step(this.nowMs)
    }
    if (!isUp) return
    await this.#deliver(0.9)
    const store = await this.store()
    while (!(await store.placeDevices()));
    await advance({ store, publisher: this.publisher(store), now: () => this.nowMs })
  }

  /** Until a rollout is over and all is told. */
  async until(rollout: string, isOver: (state: string) => boolean, deathAt: ReadonlySet<number>): Promise<void> {
    for (let minute = 0; minute < 1_000; minute++) {
      if (deathAt.has(minute)) await this.die(5 + (minute % 7))
      await this.minute()
      if (this.nowMs < this.#downUntilMs) continue
      const state = (await (await this.store()).rollout(rollout))?.state ?? ''
      if (isOver(state) && this.#switchedOn().every((device) => device.isQuiet)) return
    }
    throw new Error(`rollout ${rollout} is not over`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.[Symbol.asyncDispose]()
    this.#store = undefined
  }

  #switchedOn(): SimDevice[] {
    return this.nowMs === START_MS ? this.devices : this.devices.slice(0, DEVICES - OFF)
  }

  async #policy(): Promise<Policy | undefined> {
    const stored = await (await this.store()).policy()
    return stored && parsePolicy(stored.document).policy
  }

  /** @param answered how many of the answers arrive; the others were for nothing */
  async #deliver(answered: number): Promise<void> {
    const store = await this.store()
    for (const device of this.#switchedOn()) {
      const reports = device.outbox().map(({ bytes }) => verifyReport(bytes))
      if (reports.length === 0) continue
      await store.takeReports(reports, this.nowMs)
      if (this.#luck() < answered) device.acknowledge(reports.map(({ counter }) => counter))
    }
  }

  async introduce(): Promise<void> {
    for (const device of this.devices) device.present(this.nowMs)
    await this.#deliver(1)
  }
}

const plan = (id: string, version: string): RolloutPlan => {
  const { rings, windows, download } = someRollout()
  return {
    ...{ id, version, rings, windows, download, spreadSeconds: 600, soakSeconds: 300, timeoutSeconds: 3_600 },
    gate: {
      ...{ successShare: 0.95, failureShare: 0.1, failureMinimum: 3, finishedShare: 0.9 },
      ...{ soakSeconds: 600, silentAfterSeconds: 1_200 },
    },
    ...{ approval: 'automatic', returns: true },
  }
}

it('rolls out to all that are there, and back from what is not healthy, and counts each report once however often the tracker dies', async () => {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'shoal-fleet-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const channel = { versions: ['1.0', '2.0', '3.0'], bad: new Set(['3.0']) }
  const world = stack.use(new World(join(folder, 'tracker.db'), channel))
  await world.introduce()
  const canaries = world.devices.slice(0, CANARIES)

  await world.begin(plan('good', '2.0'))
  const deaths = new Set(Array.from({ length: DEATHS }, (_, at) => 4 + at * 13))
  await world.until('good', (state) => state === 'completed', deaths)
  const on = world.devices.slice(0, DEVICES - OFF)
  expect(new Set(on.map(({ installed }) => installed))).toEqual(new Set(['2.0']))
  let store = await world.store()
  const rings = await store.ringTotals('good', world.nowMs)
  const sum = (pick: (ring: (typeof rings)[number]) => number): number =>
    rings.reduce((all, ring) => all + pick(ring), 0)
  expect(rings[0]).toMatchObject({ target: CANARIES, healthy: CANARIES })
  expect(sum(({ target }) => target)).toBe(DEVICES)
  expect(sum(({ healthy }) => healthy)).toBe(DEVICES - OFF)
  expect(sum(({ silent }) => silent.offline + silent.online)).toBe(OFF)
  expect(sum(({ failed, timedOut, returned }) => failed + timedOut + returned)).toBe(0)

  await world.begin(plan('bad', '3.0'))
  await world.until('bad', (state) => state === 'halted', new Set([3, 9]))
  expect(new Set(on.map(({ installed }) => installed))).toEqual(new Set(['2.0']))
  const touched = on.filter(({ told }) => told.some(({ version }) => version === '3.0'))
  expect(touched.every((device) => canaries.includes(device))).toBe(true)
  store = await world.store()
  expect(await store.rollout('bad')).toMatchObject({
    reason: expect.stringMatching(/^ring canary: .* HEALTH_CHECK x/) as string,
  })
  // Three are enough for the gate; whoever had only begun by then, stopped.
  const failed = canaries.filter(({ told }) => told.some(({ state }) => state === 'failed')).length
  expect(failed).toBeGreaterThanOrEqual(3)
  expect((await store.ringTotals('bad', world.nowMs))[0]).toMatchObject({ failed, returned: failed, healthy: 0 })
  expect((await store.channels())[0]).toMatchObject({ base: '2.0', withdrawn: [{ version: '3.0', rollout: 'bad' }] })

  // What the store has of each device is what the device has told, no more and no less.
  const histories = await Promise.all(world.devices.map(({ facts }) => store.deviceHistory(facts.id, { limit: 1 })))
  expect(histories.map(({ total }) => total)).toEqual(world.devices.map(({ told }) => told.length))
})
