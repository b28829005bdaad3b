import type { ReportCheck } from '@shoal/release'
import { afterEach, expect, it, vi } from 'vitest'
import { startCheckups, type Checkups, type CheckupsDeps } from './checkups.ts'
import { healthyFacts } from './fixture/facts.ts'

const MINUTE_MS = 60_000
const TIMES = { firstMs: MINUTE_MS, everyMs: 60 * MINUTE_MS, againMs: 10 * MINUTE_MS }

interface Patient {
  readonly checkups: Checkups
  readonly told: { failing: string[]; isNews: boolean }[]
  isPaused: boolean
}

function examined(deps: Partial<CheckupsDeps> = {}): Patient {
  vi.useFakeTimers()
  const told: Patient['told'] = []
  const checkups = startCheckups({
    gather: () => Promise.resolve(healthyFacts({}, { paused: patient.isPaused })),
    tell(checks: ReportCheck[], isNews: boolean) {
      told.push({ failing: checks.flatMap(({ check, verdict }) => (verdict === 'fail' ? [check] : [])), isNews })
      return Promise.resolve()
    },
    onFailure: (error) => expect(error).toBeUndefined(),
    random: () => 0.5,
    times: TIMES,
    ...deps,
  })
  const patient: Patient = { checkups, told, isPaused: false }
  return patient
}

afterEach(() => vi.useRealTimers())

it('is examined soon after the start and rarely then; a verdict that changes is news', async () => {
  const patient = examined()
  await vi.advanceTimersByTimeAsync(TIMES.firstMs)
  await vi.advanceTimersByTimeAsync(TIMES.everyMs)
  patient.isPaused = true
  await vi.advanceTimersByTimeAsync(TIMES.everyMs)
  expect(patient.told).toEqual([
    { failing: [], isNews: true },
    { failing: [], isNews: false },
    { failing: ['pause'], isNews: true },
  ])
  await patient.checkups[Symbol.asyncDispose]()
  await vi.advanceTimersByTimeAsync(2 * TIMES.everyMs)
  expect(patient.told).toHaveLength(3)
})

it('is examined when somebody asks, who gets the facts; asking again and again is no news', async () => {
  const patient = examined()
  expect((await patient.checkups.ask()).status.paused).toBe(false)
  await patient.checkups.ask()
  patient.isPaused = true
  await patient.checkups.ask()
  await vi.advanceTimersByTimeAsync(TIMES.againMs)
  await patient.checkups.ask()
  const asked = patient.told.filter((_, at) => at !== 3)
  expect(asked.map(({ isNews }) => isNews)).toEqual([true, false, true, true])
  await patient.checkups[Symbol.asyncDispose]()
})

it('goes on, and says so, where it cannot be told what was found', async () => {
  const failures: unknown[] = []
  const failure = new Error('the disk is full')
  const { checkups } = examined({ tell: () => Promise.reject(failure), onFailure: (error) => failures.push(error) })
  await checkups.ask()
  await vi.advanceTimersByTimeAsync(TIMES.firstMs + TIMES.everyMs)
  expect(failures).toEqual([failure, failure, failure])
  await checkups[Symbol.asyncDispose]()
})
