import { expect, test } from 'vitest'
import type { HealthCheck } from '../health/index.ts'
import { openDevice, rolloutOf } from './fixture/device.ts'

const LONG = { soakSeconds: 3_600, timeoutSeconds: 7_200 }

function healthIf(script: string): HealthCheck {
  return {
    probe: { kind: 'command', command: ['/bin/sh', '-c', script] },
    ...{ intervalMs: 50, timeoutMs: 10_000, failuresMax: 1 },
  }
}

test('versions that must not be skipped are installed on the way, each of them healthy before the next', async () => {
  await using device = await openDevice()
  device.decide({ base: '1.0', rollout: rolloutOf('1.0', { state: 'completed' }) })
  expect(await device.settle()).toBe('up-to-date')
  device.decide({ base: '1.0', steps: ['2.0'], rollout: rolloutOf('3.0') })
  expect(await device.settle()).toBe('up-to-date')
  expect(device.current()).toBe('3.0')
  expect(device.told.filter((each) => /^(activated|healthy)/.test(each))).toEqual([
    ...['activated 1.0 to-1-0', 'healthy 1.0 to-1-0'],
    ...['activated 2.0 to-3-0', 'healthy 2.0 to-3-0'],
    ...['activated 3.0 to-3-0', 'healthy 3.0 to-3-0'],
  ])
})

test('what is withdrawn during its soak goes at once', async () => {
  await using device = await openDevice()
  device.decide({ base: '1.0', rollout: rolloutOf('1.0', { state: 'completed' }) })
  await device.settle()
  const rollout = rolloutOf('2.0', LONG)
  device.onStep = (step) => {
    if (step !== 'soaking') return
    const withdrawn = [{ version: '2.0', rollout: rollout.id }]
    device.decide({ base: '1.0', withdrawn, rollout: { ...rollout, state: 'halted' } })
  }
  device.decide({ base: '1.0', rollout })
  expect(await device.settle()).toBe('halted')
  expect(device.current()).toBe('1.0')
  expect(device.told.slice(-2)).toEqual(['activated 2.0 to-2-0', 'returned 1.0 to-2-0'])
})

test('a pause during a soak changes nothing of it; the next rollout does not wait for its end', async () => {
  await using device = await openDevice()
  const rollout = rolloutOf('2.0', LONG)
  const steps: string[] = []
  device.onStep = (step) => {
    steps.push(step)
    if (steps.length === 4) {
      expect(step).toBe('soaking')
      device.decide({ rollout: { ...rollout, state: 'paused' } })
      device.decide({ rollout: rolloutOf('3.0') })
    }
  }
  device.decide({ rollout })
  expect(await device.settle()).toBe('up-to-date')
  expect(device.current()).toBe('3.0')
  expect(device.told).not.toContain('failed 2.0 to-2-0')
  expect(device.told.at(-1)).toBe('healthy 3.0 to-3-0')
})

test('a stop in the middle of a soak leaves the rest of it for the next start', async () => {
  await using device = await openDevice({ soakSeconds: 3_600, isStaged: false })
  const stop = new AbortController()
  device.onStep = (step) => {
    if (step === 'soaking') stop.abort()
  }
  await expect(device.settle(stop.signal)).rejects.toThrow()
  expect(device.current()).toBe('3.0')
  expect(device.told).toEqual(['downloaded 3.0 -', 'activated 3.0 -'])
})

test('also where nothing is staged, what is not healthy goes back, and is not tried again', async () => {
  await using device = await openDevice({ isStaged: false, health: healthIf('test "$SHOAL_VERSION" != 3.0') })
  device.offer(2)
  expect(await device.settle()).toBe('up-to-date')
  device.offer(3)
  expect(await device.settle()).toBe('failed-before')
  expect(device.current()).toBe('2.0')
  expect(device.rounds.lastFailure()).toMatchObject({ version: '3.0', code: 'HEALTH_CHECK' })
  expect(device.told.slice(-2)).toEqual(['failed 3.0 -', 'returned 2.0 -'])
})

test('a rollout that failed here is not tried again, one with another name is', async () => {
  await using device = await openDevice({ health: healthIf('test "$SHOAL_VERSION" != 2.0') })
  device.decide({ base: '1.0', rollout: rolloutOf('1.0', { state: 'completed' }) })
  await device.settle()
  device.decide({ base: '1.0', rollout: rolloutOf('2.0') })
  expect(await device.settle()).toBe('failed-before')
  expect(await device.settle()).toBe('failed-before')
  device.decide({ base: '1.0', rollout: rolloutOf('2.0', { id: 'again' }) })
  expect(await device.settle()).toBe('failed-before')
  expect(device.told.filter((each) => each.startsWith('failed'))).toEqual(['failed 2.0 to-2-0', 'failed 2.0 again'])
  expect(device.current()).toBe('1.0')
})

test('a download that a window holds back is reported, and activated only in it', async () => {
  await using device = await openDevice()
  const day = new Date(Date.now() + 3 * 86_400_000).getUTCDay()
  const windows = [{ days: [day], fromMinute: 60, toMinute: 120, zone: 'UTC' }]
  device.decide({ rollout: rolloutOf('2.0', { windows }) })
  expect(await device.settle()).toBe('window')
  expect(await device.settle()).toBe('window')
  expect(device.told).toEqual(['began 2.0 to-2-0', 'downloaded 2.0 to-2-0'])
  expect(device.current()).toBeUndefined()
  device.decide({ rollout: rolloutOf('2.0') })
  expect(await device.settle()).toBe('up-to-date')
  expect(device.told.slice(2)).toEqual(['activated 2.0 to-2-0', 'healthy 2.0 to-2-0'])
})
