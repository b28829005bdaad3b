import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { soak, type SoakOptions, type SoakOutcome } from './soak.ts'

const SECOND = 1_000
const TERMS = { untilMs: 60 * SECOND, deadlineMs: 120 * SECOND, intervalMs: 10 * SECOND, failuresMax: 3 }

/** @param healthyAt whether the check succeeds at a time */
async function run(
  healthyAt: ((ms: number) => boolean) | undefined,
  terms: Partial<SoakOptions> = {},
): Promise<{ outcome: SoakOutcome; endMs: number; checks: number[] }> {
  let nowMs = 0
  const checks: number[] = []
  const outcome = await soak({
    ...TERMS,
    check:
      healthyAt &&
      (() => {
        checks.push(nowMs)
        return Promise.resolve(healthyAt(nowMs) ? { ok: true } : { ok: false, message: `bad at ${nowMs}` })
      }),
    now: () => nowMs,
    wait: (ms) => {
      expect(ms).toBeGreaterThan(0)
      nowMs += ms
      return Promise.resolve()
    },
    signal: new AbortController().signal,
    ...terms,
  })
  return { outcome, endMs: nowMs, checks }
}

test('what stays healthy to the end of the soak is healthy, and was checked at its end', async () => {
  const { outcome, endMs, checks } = await run(() => true, { untilMs: 25 * SECOND })
  expect(outcome).toEqual({ end: 'healthy' })
  expect([endMs, ...checks]).toEqual([25, 0, 10, 20, 25].map((each) => each * SECOND))
})

test('without a check, whoever still runs at the end is healthy', async () => {
  expect(await run(undefined, { intervalMs: Infinity })).toMatchObject({
    outcome: { end: 'healthy' },
    endMs: 60 * SECOND,
  })
})

test('a failure now and then is borne, so many in a row are not', async () => {
  expect((await run((ms) => ms % 20_000 === 0)).outcome).toEqual({ end: 'healthy' })
  const { outcome, endMs } = await run((ms) => ms < 30 * SECOND)
  expect(outcome).toEqual({ end: 'failed', code: 'HEALTH_CHECK', message: 'bad at 50000' })
  expect(endMs).toBe(50 * SECOND)
})

test('a soak that is over already takes one good check', async () => {
  expect(await run(() => true, { untilMs: -SECOND, deadlineMs: -1 })).toMatchObject({
    outcome: { end: 'healthy' },
    endMs: 0,
  })
  expect((await run(() => false, { untilMs: -SECOND, deadlineMs: -1 })).outcome).toMatchObject({ code: 'TIMEOUT' })
})

test('one that never holds ends at the deadline', async () => {
  const { outcome, endMs } = await run((ms) => ms < 100 * SECOND, {
    untilMs: 105 * SECOND,
    failuresMax: 100,
  })
  expect(outcome).toMatchObject({ end: 'failed', code: 'TIMEOUT' })
  expect(endMs).toBe(120 * SECOND)
})

test('an abort ends it without a verdict', async () => {
  expect((await run(() => true, { signal: AbortSignal.abort() })).outcome).toEqual({ end: 'stopped' })
})

test('every soak comes to an end by its deadline, and never in health on a bad last check', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 1, max: 5 }),
      async (answers, soakSeconds, spareSeconds, failuresMax) => {
        const given: boolean[] = []
        const untilMs = soakSeconds * SECOND
        const deadlineMs = untilMs + spareSeconds * SECOND
        const { outcome, endMs } = await run(
          () => given[given.push(answers[given.length % answers.length] ?? true) - 1] === true,
          {
            ...{ untilMs, deadlineMs, failuresMax },
          },
        )
        expect(endMs).toBeLessThanOrEqual(deadlineMs)
        const last = given.at(-1)
        if (outcome.end === 'healthy') expect([last, endMs >= untilMs]).toEqual([true, true])
        else expect(last && endMs < deadlineMs).toBe(false)
      },
    ),
  )
})
