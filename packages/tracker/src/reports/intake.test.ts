import type { Report } from '@shoal/release'
import { expect, it } from 'vitest'
import { reportOf } from '../fixture/report.ts'
import { LIMITS } from '../limits.ts'
import type { Taken } from '../store/store.ts'
import { createIntake } from './intake.ts'

/** A disk that writes when it is told to. */
function slowStore() {
  const written: Report[][] = []
  const writes: PromiseWithResolvers<Taken[]>[] = []
  let begun = Promise.withResolvers<undefined>()
  return {
    written,
    /** Resolves when so many transactions have begun. */
    async begun(count: number) {
      while (written.length < count) await begun.promise
    },
    takeReports(reports: readonly Report[]) {
      written.push([...reports])
      const write = Promise.withResolvers<Taken[]>()
      writes.push(write)
      begun.resolve(undefined)
      begun = Promise.withResolvers()
      return write.promise
    },
    finish: () => writes.shift()?.resolve((written.at(-writes.length - 1) ?? []).map(() => 'new')),
    fail: () => writes.shift()?.reject(new Error('disk full')),
  }
}

const many = (count: number, device = 'device-a'): Report[] =>
  Array.from({ length: count }, (_, at) => reportOf({ device, counter: at + 1 }))

function createSubject() {
  const store = slowStore()
  const taken: number[] = []
  const intake = createIntake({ store, now: () => 1, onTaken: (count) => taken.push(count) })
  return { store, taken, intake }
}

it('writes at once what comes first, and all that came meanwhile together', async () => {
  const { store, intake, taken } = createSubject()
  const first = intake.take(many(1))
  const second = intake.take(many(2, 'device-b'))
  const third = intake.take(many(3, 'device-c'))
  expect(store.written.map(({ length }) => length)).toEqual([1])
  store.finish()
  expect(await first).toEqual(['new'])
  await store.begun(2)
  expect(store.written.map(({ length }) => length)).toEqual([1, 5])
  store.finish()
  expect([await second, await third].map(({ length }) => length)).toEqual([2, 3])
  expect(taken).toEqual([1, 5])
})

it('bounds what one transaction holds', async () => {
  const { store, intake } = createSubject()
  const batches = Array.from({ length: 12 }, () => intake.take(many(64)))
  for (const begun of [1, 2, 3]) {
    await store.begun(begun)
    store.finish()
  }
  await Promise.all(batches)
  expect(Math.max(...store.written.map(({ length }) => length))).toBe(LIMITS.reportsPerCommitMax)
})

it('says that it is busy when too much waits, and takes more when that is done', async () => {
  const { store, intake } = createSubject()
  const first = intake.take(many(LIMITS.reportsPendingMax))
  await expect(intake.take(many(1))).rejects.toMatchObject({ code: 'BUSY' })
  store.finish()
  await first
  const next = intake.take(many(1))
  await store.begun(2)
  store.finish()
  expect(await next).toEqual(['new'])
})

it('fails those whose transaction failed, and nobody else', async () => {
  const { store, intake } = createSubject()
  const first = intake.take(many(1))
  const second = intake.take(many(1))
  store.fail()
  await expect(first).rejects.toThrow('disk full')
  await store.begun(2)
  store.finish()
  expect(await second).toEqual(['new'])
})
