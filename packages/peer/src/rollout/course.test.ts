import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatTarget, type ReleaseId } from '@shoal/release'
import type { Destination } from '../destination.ts'
import { nodeDisk, type Disk } from '../store/index.ts'
import { stoppingDisk } from '../store/fixture/crash-disk.ts'
import { Course, type CourseDeps, type Step } from './course.ts'
import type { KnownRelease, Undertaking } from './record.ts'
import { openRecord } from './record-file.ts'

const DISK: Disk = { ...nodeDisk, sync: async () => undefined }
const BYTES = { total: 9, reused: 9, patched: 0, origin: 0, lanPeers: 0, wanPeers: 0, cache: 0, wasted: 0 }
const NEVER = new AbortController().signal
const OLD: KnownRelease = { release: 'old' as ReleaseId, version: '1.0', counter: 1 }
const NEW: Undertaking = {
  ...{ release: 'new' as ReleaseId, version: '2.0', counter: 2 },
  ...{ rollout: 'r-1', soakSeconds: 0, timeoutSeconds: 60 },
}

let out: string
/** What outlives a kill: `current`, and what a tracker was told. */
let current: ReleaseId | undefined
let told: string[]
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'shoal-course-'))
  await mkdir(join(out, '.shoal', 'scratch'), { recursive: true })
  current = OLD.release
  told = []
})
afterEach(() => rm(out, { recursive: true }))

const destination: Destination = {
  target: { product: 'game', channel: 'stable', platform: 'any' },
  get folder() {
    return out
  },
  store: () => Promise.reject(new Error('a course needs no store')),
  current: () => Promise.resolve(current),
  makeRoom: () => Promise.resolve(),
  hold: () => Promise.resolve(),
  activate: (id) => {
    current = id
    return Promise.resolve()
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

async function open(deps: Partial<CourseDeps> = {}, disk: Disk = DISK): Promise<Course> {
  return new Course({
    destination,
    file: await openRecord(out, disk, fail),
    hooks: { timeoutMs: 10_000 },
    health: undefined,
    now: () => Date.now(),
    tell: ({ state, version, rollout = '-', code = '' }) => {
      told.push([state, version, rollout, code].filter((word) => word !== '').join(' '))
      return Promise.resolve()
    },
    onStep: () => undefined,
    ...deps,
  })
}

/** From the start, or from where it was left. */
async function goOn(course: Course, what = NEW, signal = NEVER): Promise<unknown> {
  const resumed = await course.resume(signal)
  if (resumed !== undefined) return resumed
  await course.begin(what)
  await course.downloaded({ bytes: BYTES, flows: [] })
  return course.activate(OLD, signal, () => undefined)
}

function abortAt(step: Step['step'], stop: AbortController): CourseDeps['onStep'] {
  return (each) => {
    if (each.step === step) stop.abort()
  }
}

const shell = (script: string): string[] => ['/bin/sh', '-c', script]
const check = (script: string): NonNullable<CourseDeps['health']> => ({
  probe: { kind: 'command', command: shell(script) },
  ...{ intervalMs: 1, timeoutMs: 10_000, failuresMax: 1 },
})

describe('bringing a release in', () => {
  it('tells each step, and remembers how new what is current is', async () => {
    const course = await open()
    expect(await goOn(course)).toBe('healthy')
    expect(current).toBe(NEW.release)
    expect(told).toEqual(['began 2.0 r-1', 'downloaded 2.0 r-1', 'activated 2.0 r-1', 'healthy 2.0 r-1'])
    expect((await open()).record).toEqual({
      ...{ v: 1, failed: [] },
      known: [{ release: NEW.release, version: '2.0', counter: 2 }],
    })
  })

  it('begins the same only once, and something else anew', async () => {
    const course = await open()
    await course.begin(NEW)
    await course.begin(NEW)
    await course.begin({ ...NEW, rollout: 'r-2' })
    expect(told).toEqual(['began 2.0 r-1', 'began 2.0 r-2'])
  })

  it('runs the hooks around the flip, with what they need to know', async () => {
    const env = 'echo $SHOAL_VERSION $SHOAL_PREVIOUS $SHOAL_RELEASE $SHOAL_OUT >&2; exit 3'
    const messages: string[] = []
    const course = await open({
      hooks: { activate: shell(env), timeoutMs: 10_000 },
      onStep: ({ step, message }) => {
        if (message !== undefined) messages.push(`${step} ${message}`)
      },
    })
    expect(await goOn(course)).toBe('failed')
    expect(messages).toEqual([
      `failed /bin/sh ended with exit code 3: 2.0 1.0 new ${out}`,
      `returned /bin/sh ended with exit code 3: 1.0 2.0 old ${out}`,
    ])
  })

  it('leaves what is current when preActivate fails, and comes back later when that is all it says', async () => {
    const course = await open({ hooks: { preActivate: shell('exit 75'), timeoutMs: 10_000 } })
    expect(await goOn(course)).toBe('later')
    expect(course.record.attempt?.stage).toBe('downloaded')
    const again = await open({ hooks: { preActivate: shell('exit 1'), timeoutMs: 10_000 } })
    expect(await goOn(again)).toBe('failed')
    expect(current).toBe(OLD.release)
    expect(told).toEqual(['began 2.0 r-1', 'downloaded 2.0 r-1', 'failed 2.0 r-1 PRE_ACTIVATE'])
    expect(again.record.failed).toMatchObject([{ version: '2.0', rollout: 'r-1', code: 'PRE_ACTIVATE' }])
  })
})

describe('going back', () => {
  it('what is not healthy gives way to the release before, and is told as failed and returned', async () => {
    const course = await open({ health: check('exit 1') })
    expect(await goOn(course, { ...NEW, soakSeconds: 30 })).toBe('failed')
    expect(current).toBe(OLD.release)
    expect(told.slice(2)).toEqual(['activated 2.0 r-1', 'failed 2.0 r-1 HEALTH_CHECK', 'returned 1.0 r-1'])
    expect(course.record).toMatchObject({
      failed: [{ rollout: 'r-1', code: 'HEALTH_CHECK' }],
      known: [NEW, OLD].map(({ release, version, counter }) => ({ release, version, counter })),
    })
    expect(course.record.attempt).toBeUndefined()
  })

  it('where nothing was installed before, there is nothing to go back to', async () => {
    current = undefined
    const course = await open({ health: check('exit 1') })
    await course.begin(NEW)
    await course.downloaded({ bytes: BYTES, flows: [] })
    expect(await course.activate(undefined, NEVER, () => undefined)).toBe('failed')
    expect(current).toBe(NEW.release)
    expect(told.at(-1)).toBe('failed 2.0 r-1 HEALTH_CHECK')
  })

  it('when a policy says so, it goes to the release named, and nothing failed', async () => {
    current = NEW.release
    const course = await open()
    expect(await course.returnTo(OLD, NEW, 'r-1', NEVER)).toBe('returned')
    expect(current).toBe(OLD.release)
    expect(told).toEqual(['returned 1.0 r-1'])
    expect(course.record.failed).toEqual([])
  })
})

describe('a soak', () => {
  it('that was stopped goes on for the rest of it, and the last check still counts', async () => {
    const stop = new AbortController()
    const first = await open({ onStep: abortAt('soaking', stop) })
    expect(await goOn(first, { ...NEW, soakSeconds: 3_600, timeoutSeconds: 7_200 }, stop.signal)).toBe('stopped')
    const later = Date.now() + 3_600_000
    expect(await (await open({ now: () => later, health: check('exit 0') })).resume(NEVER)).toBe('healthy')
    expect(told.at(-1)).toBe('healthy 2.0 r-1')
  })

  it('that a stop outlasted ends with what the check says now', async () => {
    const stop = new AbortController()
    const first = await open({ onStep: abortAt('soaking', stop) })
    await goOn(first, { ...NEW, soakSeconds: 3_600, timeoutSeconds: 7_200 }, stop.signal)
    const later = Date.now() + 30_000_000
    expect(await (await open({ now: () => later, health: check('exit 1') })).resume(NEVER)).toBe('failed')
    expect(current).toBe(OLD.release)
  })

  it('is no longer than it is when the clock is put back', async () => {
    const stop = new AbortController()
    const first = await open({
      now: () => Date.now() + 86_400_000,
      onStep: abortAt('soaking', stop),
    })
    await goOn(first, { ...NEW, soakSeconds: 60, timeoutSeconds: 120 }, stop.signal)
    const again = new AbortController()
    let untilMs = Infinity
    const course = await open({
      onStep: (step) => {
        untilMs = step.untilMs ?? untilMs
        again.abort()
      },
    })
    await course.resume(again.signal)
    expect(untilMs - Date.now()).toBeLessThanOrEqual(60_000)
  })
})

describe.each([
  ['healthy', undefined, NEW.release, 'healthy 2.0 r-1'],
  ['failing', check('exit 1'), OLD.release, 'returned 1.0 r-1'],
] as const)('whatever operation a %s attempt dies at', (_name, health, end, lastWord) => {
  it('it goes on from there, and tells every step at least once', async () => {
    const expected = ['began 2.0 r-1', 'downloaded 2.0 r-1', 'activated 2.0 r-1', lastWord]
    for (let stopAt = 1, wasStopped = true; wasStopped; stopAt++) {
      await rm(join(out, '.shoal'), { recursive: true })
      await mkdir(join(out, '.shoal', 'scratch'), { recursive: true })
      current = OLD.release
      told = []
      const disk = stoppingDisk(DISK, stopAt)
      try {
        await goOn(await open({ health }, disk))
      } catch (error) {
        if (!disk.stopped()) throw error
      }
      wasStopped = disk.stopped()
      const course = await open({ health })
      const isOver = course.record.attempt === undefined && told.includes(lastWord)
      if (!isOver) await goOn(course)
      expect(current).toBe(end)
      expect(new Set(told).isSupersetOf(new Set(expected))).toBe(true)
      expect(course.record.attempt).toBeUndefined()
    }
  })
})

function fail(file: string): never {
  throw new Error(`${file} of ${formatTarget(destination.target)} counts as damaged`)
}
