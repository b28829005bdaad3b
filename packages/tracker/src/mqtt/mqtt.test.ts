// A tracker and devices that know each other by a broker alone.
import { createSigner, peerNameOf, signReport, type Report } from '@shoal/release'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../fixture/broker.ts'
import { reportOf, rolloutOf } from '../fixture/report.ts'
import { FLEET } from '../fixture/root.ts'
import { LIMITS } from '../limits.ts'
import { encodePolicy } from '../policy/sign.ts'
import { openReportsDesk } from '../reports/desk.ts'
import { createIntake } from '../reports/intake.ts'
import type { SignedReport } from '../reports/send.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import type { Store } from '../store/store.ts'
import { bridgeMqtt, type MqttBridge } from './bridge.ts'
import { followMqtt, type MqttFollower } from './follow.ts'
import { encodeHint, encodeQuestion } from './message.ts'
import { topicsOf } from './topics.ts'

let stack: AsyncDisposableStack
let broker: TestBroker
beforeEach(async () => {
  stack = new AsyncDisposableStack()
  broker = stack.use(await startTestBroker())
})
afterEach(() => stack.disposeAsync())

const topics = topicsOf('plant/shoal', FLEET)
/** Pauses after failures are by chance, up to seconds. */
const SOON = (): number => 0.02
const QUIET = { random: SOON, onConnected: () => undefined, onBroken: () => undefined, onFailure: () => undefined }
const signal = AbortSignal.timeout(600_000)

/** What was heard, and who waits for more of it. */
function createEar() {
  const heard: string[] = []
  let wake: (() => void) | undefined
  return {
    heard,
    take(what: string): void {
      heard.push(what)
      wake?.()
    },
    async until(what: string): Promise<void> {
      while (!heard.includes(what)) await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

interface Device {
  readonly id: string
  sign(change?: Partial<Report>): SignedReport
}

function createDevice(seed: number): Device {
  const signer = createSigner(new Uint8Array(32).fill(seed))
  const id = peerNameOf(signer.publicKey)
  let counter = 0
  return {
    id,
    sign(change = {}) {
      const report = reportOf({ device: id, counter: (counter += 1), ...change })
      return { counter: report.counter, bytes: signReport(report, signer) }
    },
  }
}

type Ear = ReturnType<typeof createEar>

async function follow(peer: string, ear: Ear): Promise<MqttFollower> {
  const connected = Promise.withResolvers<undefined>()
  const follower = stack.use(
    followMqtt(broker.config, {
      fleet: FLEET,
      peer,
      hear: (subject, document) => ear.take(`${subject} ${Buffer.from(document).toString()}`),
      hearHint: (version) => ear.take(`hint ${version}`),
      credential: () => undefined,
      onConnected() {
        ear.take('connected')
        connected.resolve(undefined)
      },
      onFailure: () => undefined,
      random: SOON,
    }),
  )
  await connected.promise
  return follower
}

function bridge(ear: Ear): MqttBridge {
  return stack.use(
    bridgeMqtt(broker.config, {
      ...{ fleet: FLEET, peer: 'tracker', answer: undefined, ...QUIET },
      hearTimestamp: (document) => ear.take(Buffer.from(document).toString()),
    }),
  )
}

describe('news by a broker', () => {
  it('reach who listens, and who comes later', async () => {
    const early = createEar()
    await follow('early', early)
    const tracker = bridge(createEar())
    tracker.tell('policy', Buffer.from('one'))
    await early.until('policy one')
    tracker.tell('policy', Buffer.from('two'))
    tracker.tell('timestamp', Buffer.from('three'))
    await early.until('timestamp three')
    const late = createEar()
    await follow('late', late)
    await late.until('policy two')
    await late.until('timestamp three')
    expect(late.heard).not.toContain('policy one')
  })

  it('are told again to a broker that was lost, and not where it has them already', async () => {
    const tracker = bridge(createEar())
    tracker.tell('policy', Buffer.from('one'))
    await broker.heard(topics.news('policy'))
    const ear = createEar()
    await broker.say(topics.news('policy'), '', { retain: true })
    broker.hangUp()
    await follow('device', ear)
    await ear.until('policy one')
  })

  it('are heard by a tracker that starts: what lies there may be newer than what it knows', async () => {
    await broker.say(topics.news('timestamp'), 'four', { retain: true })
    const ear = createEar()
    bridge(ear)
    await ear.until('four')
  })

  it('are a hint alone where a policy is larger than a broker takes', async () => {
    const ear = createEar()
    await follow('device', ear)
    const devices = Array.from({ length: 240 }, (_, at) => createDevice(at + 1).id)
    const rest = rolloutOf()
    const document = encodePolicy(
      {
        ...{ version: 7, expires: new Date(2_000_000_000_000) },
        channels: [
          {
            ...{ product: 'game', channel: 'stable', base: '1.0', steps: [], withdrawn: [] },
            rollout: {
              ...{ id: rest.id, version: rest.version, state: 'running', openedAtMs: [1] },
              ...{ spreadSeconds: 0, windows: [], download: 'at-once', soakSeconds: 1, timeoutSeconds: 60 },
              rings: Array.from({ length: 12 }, (_, at) => ({ name: `ring-${at}`, match: { devices }, percent: 100 })),
            },
          },
        ],
      },
      createSigner(new Uint8Array(32).fill(1)),
    )
    expect(document.length).toBeGreaterThan(LIMITS.mqttPayloadBytesMax)
    bridge(createEar()).tell('policy', document)
    await ear.until('hint 7')
  })

  it('are looked at so often and no more', async () => {
    const ear = createEar()
    await follow('device', ear)
    for (let at = 0; at < 3 * LIMITS.mqttNewsBurst; at += 1) await broker.say(topics.news('policy'), `${at}`)
    for (const version of [1, 2, 3]) await broker.say(topics.news('policy'), encodeHint(version))
    await broker.say(topics.news('timestamp'), 'last')
    await ear.until('timestamp last')
    expect(ear.heard.filter((each) => each.startsWith('policy')).length).toBeLessThanOrEqual(LIMITS.mqttNewsBurst + 1)
    expect(ear.heard.filter((each) => each.startsWith('hint'))).toEqual(['hint 1'])
  })
})

describe('reports by a broker', () => {
  let store: Store
  let device: Device
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoal-mqtt-'))
    stack.defer(() => rmSync(folder, { recursive: true }))
    store = stack.use(await openSqliteStore(join(folder, 'tracker.db')))
    const intake = createIntake({ store, now: Date.now, onTaken: () => undefined })
    const now = (): number => performance.now()
    const desk = stack.use(openReportsDesk({ intake, now, onAnswer: () => undefined, onFailure: () => undefined }))
    stack.use(
      bridgeMqtt(broker.config, {
        ...{ fleet: FLEET, peer: 'tracker', hearTimestamp: () => undefined, ...QUIET },
        answer: (question, peer) => desk.answer(question, { peer, fleet: FLEET }, 'mqtt'),
      }),
    )
    device = createDevice(1)
    await broker.subscribed(topics.allReports)
  })

  const history = async (id: string) => (await store.deviceHistory(id, { limit: 100 })).rows

  it('are answered when they are on disk, and again when they come again', async () => {
    const follower = await follow(device.id, createEar())
    const reports = [device.sign({ state: 'began' }), device.sign({ state: 'activated' })]
    expect(await follower.sendReports(reports, { signal })).toEqual({ durable: [1, 2], refused: new Map() })
    expect(await follower.sendReports(reports, { signal })).toEqual({ durable: [1, 2], refused: new Map() })
    expect((await history(device.id)).map(({ counter }) => counter)).toEqual([2, 1])
  })

  it('are refused on the topic of another device, and change nothing', async () => {
    const other = createDevice(2)
    const follower = await follow(other.id, createEar())
    const reports = [device.sign({ counter: 9 }), other.sign()]
    expect(await follower.sendReports(reports, { signal })).toEqual({
      durable: [1],
      refused: new Map([[9, 'not-yours']]),
    })
    expect(await store.device(device.id)).toBeUndefined()
  })

  it('that are garbage, or too large, are not answered, and those after them are', async () => {
    const follower = await follow(device.id, createEar())
    const id = new Uint8Array(LIMITS.mqttIdBytes)
    for (const payload of [
      'garbage',
      new Uint8Array(LIMITS.mqttPayloadBytesMax + 1),
      encodeQuestion({ v: 1, id, reports: [] }),
      encodeQuestion({ v: 1, id: new Uint8Array(3), reports: [new Uint8Array(3)] }),
      encodeQuestion({ v: 1, id, reports: [new Uint8Array(5_000)] }),
    ]) {
      await broker.say(topics.reports(device.id), payload)
      await broker.say(topics.ack(device.id), payload)
    }
    await broker.say(topics.reports('nobody'), 'garbage')
    const { durable } = await follower.sendReports([device.sign()], { signal })
    expect(durable).toEqual([1])
    expect((await store.devices({}, { limit: 10 })).total).toBe(1)
  })

  it('outlive a broker that goes away and comes again', async () => {
    const ear = createEar()
    const follower = await follow(device.id, ear)
    ear.heard.length = 0
    broker.hangUp()
    await broker.subscribed(topics.allReports)
    await ear.until('connected')
    expect((await follower.sendReports([device.sign()], { signal })).durable).toEqual([1])
  })

  it('are told at once that there is no broker', async () => {
    const follower = await follow(device.id, createEar())
    await broker[Symbol.asyncDispose]()
    await expect(follower.sendReports([device.sign()], { signal })).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})
