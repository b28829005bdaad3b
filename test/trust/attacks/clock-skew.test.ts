/** The device's clock is wrong: by an empty battery, or by somebody who answers its NTP requests. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS, getAt, inSeconds } from './clock.ts'
import { openScene, type Scene } from './scene.ts'
import { announce, publish } from './shelf.ts'

/** Several processes, one after the other. */
const MINUTES_MS = 120_000

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene[Symbol.asyncDispose]())

describe.concurrent('clock skew', () => {
  it('into the time before this program was made does not bring back what expired', async () => {
    const shelf = new Map(scene.old)
    announce(shelf, { timestamp: { expires: '2026-06-01T00:00:00Z' } })
    const { error, summary } = await getAt(scene, 'set-back', Date.UTC(2026, 0, 1), await scene.serve(shelf))
    expect(error).toMatchObject({ code: 'METADATA_EXPIRED', message: expect.stringContaining('timestamp') as string })
    expect(summary).toBeUndefined()
  })

  it(
    'back from a time that the device has seen does not bring back what expired since',
    async () => {
      const nowMs = Date.now()
      const shelf = new Map(scene.honest)
      announce(shelf, { timestamp: { expires: inSeconds(nowMs + 30 * DAY_MS) } })
      const origin = await scene.serve(shelf)
      expect((await getAt(scene, 'seen', nowMs + 60 * DAY_MS, origin)).error?.code).toBe('METADATA_EXPIRED')
      expect((await getAt(scene, 'seen', nowMs + 20 * DAY_MS, origin)).summary?.version).toBe('2.0')
      publish(shelf, '3.0')
      announce(shelf, { timestamp: { expires: inSeconds(nowMs + 10 * DAY_MS) } })
      expect((await getAt(scene, 'seen', nowMs, origin)).summary).toMatchObject({ version: '2.0', changed: false })
      // One that was never there believes its clock.
      expect((await getAt(scene, 'unseen', nowMs, origin)).summary?.version).toBe('3.0')
    },
    MINUTES_MS,
  )

  it('years ahead installs nothing, and the device says what to look at', async () => {
    const { error } = await getAt(scene, 'ahead', Date.UTC(2050, 0, 1), await scene.serve(scene.honest))
    expect(error).toMatchObject({
      code: 'METADATA_EXPIRED',
      message: 'metadata: root expired on 2040-01-01T00:00:00.000Z',
      fix: expect.stringContaining('check the clock') as string,
    })
  })
})
