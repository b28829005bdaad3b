import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { localTime } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import type { Window } from './window.ts'

const always = new AbortController().signal
const MB = 1_000_000

/** On every day from 08:00 to 09:00, and it is a minute before. */
const morning: Window = {
  days: new Set([0, 1, 2, 3, 4, 5, 6]),
  fromMinute: 8 * 60,
  toMinute: 9 * 60,
  zone: 'Europe/Warsaw',
  rates: { uploadWan: MB, origin: 0 },
  text: 'daily 08:00-09:00 Europe/Warsaw',
}
const BEFORE = Date.parse('2026-01-14T06:59:00Z')

let traffic: Traffic

beforeEach(() => {
  vi.useFakeTimers({ now: BEFORE })
})
afterEach(() => {
  traffic[Symbol.dispose]()
  vi.useRealTimers()
})

describe('traffic', () => {
  it('is limited by a window from within a second of its beginning to its end', async () => {
    traffic = startTraffic({ rates: { uploadWan: 5 * MB }, windows: [morning] })
    expect(traffic.limits().uploadWan).toMatchObject({ rate: 5 * MB })
    expect(traffic.origin.rate).toBe(Infinity)
    await vi.advanceTimersByTimeAsync(61_000)
    expect(localTime('Europe/Warsaw', Date.now())).toEqual({ day: 3, minute: 480 })
    expect(traffic.limits().uploadWan).toEqual({ rate: MB, from: 'window', window: morning.text })
    expect(traffic.origin.rate).toBe(0)
    expect(await traffic.origin.take(1, always)).toBe(false)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(traffic.limits().uploadWan).toMatchObject({ rate: 5 * MB, from: 'config' })
    expect(await traffic.origin.take(1, always)).toBe(true)
  })

  it('from the origin counts as a download from elsewhere, too', async () => {
    traffic = startTraffic({ rates: { origin: 2 * MB, downloadWan: MB }, windows: [] })
    expect(traffic.origin.rate).toBe(MB)
    let bytes = 0
    void (async () => {
      while (await traffic.origin.take(50_000, always)) bytes += 50_000
    })()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(Math.abs(bytes / (10 * MB) - 1)).toBeLessThan(0.05)
    traffic.override({ downloadWan: 0 })
    expect(traffic.origin.rate).toBe(0)
  })

  it('to this site and to others is limited apart, and in pieces that leave room for others', async () => {
    traffic = startTraffic({ rates: { uploadWan: MB }, windows: [] })
    expect(await traffic.allowUpload(true, 'a', 250_000, always)).toBe(250_000)
    expect(await traffic.allowUpload(false, 'a', 250_000, always)).toBe(50_000)
    traffic.override({ uploadWan: 0 })
    expect(await traffic.allowUpload(false, 'a', 250_000, always)).toBe(0)
    expect(await traffic.allowUpload(true, 'a', 250_000, always)).toBe(250_000)
  })

  it('follows orders one after the other until they are cleared', () => {
    traffic = startTraffic({ rates: { uploadLan: MB }, windows: [] })
    traffic.override({ uploadLan: 2 * MB })
    traffic.override({ downloadLan: 3 * MB })
    expect(traffic.limits()).toMatchObject({
      uploadLan: { rate: 2 * MB, from: 'limit' },
      downloadLan: { rate: 3 * MB, from: 'limit' },
    })
    traffic.clear()
    expect(traffic.limits()).toMatchObject({
      uploadLan: { rate: MB, from: 'config' },
      downloadLan: { rate: Infinity, from: 'default' },
    })
  })

  it('between sites yields in the background, below any limit, and inside the site to nobody', async () => {
    const { startBytesPerSecond, floorBytesPerSecond } = LIMITS.background
    traffic = startTraffic({ rates: { uploadWan: 100_000 }, windows: [], background: true })
    expect(traffic.download(false).rate).toBe(startBytesPerSecond)
    expect(traffic.origin).toMatchObject({ rate: startBytesPerSecond, atOnceBytes: startBytesPerSecond * 0.05 })
    expect(traffic.download(true).rate).toBe(Infinity)
    traffic.background?.recordRoundTrip('there', 10)
    for (let round = 0; round < 100; round++) {
      traffic.background?.recordRoundTrip('there', 200)
      await vi.advanceTimersByTimeAsync(200)
    }
    expect(traffic.background?.status()).toMatchObject({ downloadWan: floorBytesPerSecond, addedMs: 190 })
    expect(traffic.download(false).rate).toBe(floorBytesPerSecond)
    expect(traffic.limits().downloadWan).toEqual({ rate: Infinity, from: 'default' })

    traffic.override({}, false)
    expect(traffic.background).toBeUndefined()
    expect(traffic.download(false).rate).toBe(Infinity)
    traffic.clear()
    expect(traffic.download(false).rate).toBe(startBytesPerSecond)
    expect(await traffic.allowUpload(false, 'a', 1_000_000, always)).toBe(5_000)
  })
})
