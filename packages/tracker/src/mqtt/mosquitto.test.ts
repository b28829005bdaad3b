// A broker of the kind that fleets have: it knows machines by their certificates, and says who may write where.
import { createSigner, peerNameOf, signReport } from '@shoal/release'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findMosquitto, startMosquitto, type Mosquitto } from '../fixture/mosquitto.ts'
import { reportOf } from '../fixture/report.ts'
import { FLEET } from '../fixture/root.ts'
import { openReportsDesk } from '../reports/desk.ts'
import { createIntake } from '../reports/intake.ts'
import { openSqliteStore } from '../store/sqlite/open.ts'
import { bridgeMqtt } from './bridge.ts'
import { followMqtt, type MqttFollower } from './follow.ts'
import type { BrokerConfig } from './settings.ts'

const program = findMosquitto()
const signal = AbortSignal.timeout(600_000)
const device = createSigner(new Uint8Array(32).fill(1))
const deviceId = peerNameOf(device.publicKey)

describe.skipIf(program === undefined)('at a mosquitto that wants certificates (skipped without one)', () => {
  let broker: Mosquitto
  let stack: AsyncDisposableStack
  beforeAll(async () => void (broker = await startMosquitto(program ?? '', FLEET)))
  afterAll(() => broker[Symbol.asyncDispose]())
  beforeEach(() => void (stack = new AsyncDisposableStack()))
  afterEach(() => stack.disposeAsync())

  interface Ear {
    onHeard?: (what: string) => void
    onConnected?: () => void
    onFailure?: (error: unknown) => void
  }

  function follow(config: BrokerConfig, { onHeard, onConnected, onFailure }: Ear): MqttFollower {
    return stack.use(
      followMqtt(config, {
        ...{ fleet: FLEET, peer: deviceId, hearHint: () => undefined, credential: () => undefined },
        hear: (subject, document) => onHeard?.(`${subject} ${Buffer.from(document).toString()}`),
        onConnected: () => onConnected?.(),
        onFailure: (error) => onFailure?.(error),
      }),
    )
  }

  async function firstFailure(config: BrokerConfig): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    follow(config, { onFailure: resolve, onConnected: () => reject(new Error('it was let in')) })
    return promise
  }

  it.each<[string, (known: BrokerConfig) => BrokerConfig, string, string]>([
    [
      'an authority that did not vouch for it',
      (known) => ({ ...known, tls: { ...known.tls, ca: broker.otherAuthority } }),
      'UNREACHABLE',
      'mqtt.caFile',
    ],
    ['no certificate of its own', () => broker.stranger(), 'REFUSED', 'mqtt.certFile'],
    ['a certificate that has expired', () => broker.client('late', -1), 'REFUSED', 'renew'],
  ])('says what to do to who comes with %s', async (_what, change, code, fix) => {
    const failure = await firstFailure(change(broker.client(deviceId)))
    expect(failure).toMatchObject({ code })
    expect((failure as { fix: string }).fix).toContain(fix)
  })

  it('news and reports go both ways, and again after it was killed: each report counts once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shoal-mosquitto-store-'))
    stack.defer(() => rmSync(folder, { recursive: true }))
    const store = stack.use(await openSqliteStore(join(folder, 'tracker.db')))
    const intake = createIntake({ store, now: Date.now, onTaken: () => undefined })
    const now = (): number => performance.now()
    const desk = stack.use(openReportsDesk({ intake, now, onAnswer: () => undefined, onFailure: () => undefined }))
    const tracker = stack.use(
      bridgeMqtt(broker.client('tracker'), {
        ...{ fleet: FLEET, peer: 'tracker', hearTimestamp: () => undefined },
        ...{ onConnected: () => undefined, onBroken: () => undefined, onFailure: () => undefined },
        answer: (question, peer) => desk.answer(question, { peer, fleet: FLEET }, 'mqtt'),
      }),
    )
    const heard = createQueue()
    const connected = createQueue()
    const follower = follow(broker.client(deviceId), {
      onHeard: (what) => heard.put(what),
      onConnected: () => connected.put(''),
    })
    await connected.next()
    tracker.tell('policy', Buffer.from('one'))
    expect(await heard.next()).toBe('policy one')
    const sign = (counter: number) => ({
      counter,
      bytes: signReport(reportOf({ device: deviceId, counter, state: 'activated' }), device),
    })
    expect((await follower.sendReports([sign(1)], { signal })).durable).toEqual([1])

    await broker.kill()
    await expect(follower.sendReports([sign(2)], { signal })).rejects.toMatchObject({ name: 'TrackerError' })
    await broker.start()
    await connected.next()
    // It has forgotten what it kept; the tracker comes at a moment of its own, and tells it again.
    expect(await heard.next()).toBe('policy one')
    expect((await follower.sendReports([sign(1), sign(2)], { signal })).durable).toEqual([1, 2])
    const { rows } = await store.deviceHistory(deviceId, { limit: 10 })
    expect(rows.map(({ counter }) => counter)).toEqual([2, 1])
  })
})

function createQueue() {
  const waiting: string[] = []
  let wake: (() => void) | undefined
  return {
    put(what: string): void {
      waiting.push(what)
      wake?.()
    },
    async next(): Promise<string> {
      for (;;) {
        const first = waiting.shift()
        if (first !== undefined) return first
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
