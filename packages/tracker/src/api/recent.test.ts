import { expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { createRecent } from './recent.ts'

function setUp() {
  const clock = { nowMs: 1_000_000 }
  const reads: PromiseWithResolvers<number>[] = []
  const recent = createRecent<number>(
    () => clock.nowMs,
    (work) => work(),
  )
  const get = (key = 'a') =>
    recent.get(key, () => {
      const read = Promise.withResolvers<number>()
      reads.push(read)
      return read.promise
    })
  return { clock, reads, get }
}

it('reads once for all who ask at the same time, and within a second', async () => {
  const { clock, reads, get } = setUp()
  const asked = [get(), get()]
  reads[0]?.resolve(1)
  expect(await Promise.all(asked)).toEqual([1, 1])
  clock.nowMs += LIMITS.recentFreshMs - 1
  expect(await get()).toBe(1)
  expect(reads).toHaveLength(1)
})

it('gives what was seen last while it reads anew, unless that is old', async () => {
  const { clock, reads, get } = setUp()
  const first = get()
  reads[0]?.resolve(1)
  await first
  clock.nowMs += LIMITS.recentFreshMs
  expect(await get()).toBe(1)
  reads[1]?.resolve(2)
  await reads[1]?.promise
  expect(await get()).toBe(2)
  clock.nowMs += LIMITS.recentKeptMs
  const late = get()
  reads[2]?.resolve(3)
  expect(await late).toBe(3)
})

it('keeps no failure, and fails for nobody who has something to show', async () => {
  const { clock, reads, get } = setUp()
  const first = get()
  reads[0]?.reject(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  const second = get()
  reads[1]?.resolve(2)
  expect(await second).toBe(2)
  clock.nowMs += LIMITS.recentFreshMs
  expect(await get()).toBe(2)
  reads[2]?.reject(new Error('gone'))
  expect(await get()).toBe(2)
})

it('remembers so many, and no more', async () => {
  const { reads, get } = setUp()
  for (let count = 0; count <= LIMITS.recentKeysMax; count++) {
    const asked = get(String(count))
    reads[count]?.resolve(count)
    await asked
  }
  expect(await get(String(LIMITS.recentKeysMax))).toBe(LIMITS.recentKeysMax)
  void get('0')
  expect(reads).toHaveLength(LIMITS.recentKeysMax + 2)
})
