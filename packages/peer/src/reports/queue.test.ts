import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { REPORT_STATES, type ReportState } from '@shoal/release'
import { nodeDisk, type Disk } from '../store/index.ts'
import { stoppingDisk } from '../store/fixture/crash-disk.ts'
import { openReportQueue, type QueueDeps, type ReportQueue } from './queue.ts'
import { parseReportFile, reportFile } from './report-file.ts'

// A stopped process loses nothing that the kernel has, so that these tests need not wait for the medium.
const DISK: Disk = { ...nodeDisk, sync: async () => undefined }
const NOW = 1_900_000_000_000

interface Opened {
  queue: ReportQueue
  events: { event: string; fields: Record<string, unknown> }[]
}

async function open(
  folder: string,
  { disk = DISK, now = () => NOW, ...rest }: Partial<QueueDeps> = {},
): Promise<Opened> {
  const events: Opened['events'] = []
  const queue = await openReportQueue(folder, {
    ...{ disk, now, ...rest },
    onEvent: (event, fields) => events.push({ event, fields }),
  })
  return { queue, events }
}

async function temporary(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'shoal-reports-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const written = (counter: number): Uint8Array => Buffer.from(`report ${counter}`)
const countersOf = (names: { counter: number }[]): number[] => names.map(({ counter }) => counter)

async function add(queue: ReportQueue, ...states: ReportState[]): Promise<void> {
  for (const state of states) await queue.add(state, written)
}

test('what was added is there after a restart, oldest first, with counters that rise', async () => {
  await using folder = await temporary()
  const { queue } = await open(folder.path)
  await add(queue, 'began', 'downloaded', 'healthy')
  const again = await open(folder.path, { now: () => NOW - 1_000_000 })
  await add(again.queue, 'present')
  const batch = await again.queue.batch(10)
  expect(batch.map(({ state }) => state)).toEqual(['began', 'downloaded', 'healthy', 'present'])
  expect(countersOf(batch)).toEqual([NOW, NOW + 1, NOW + 2, NOW + 3])
  expect(batch.map(({ counter, bytes }) => Buffer.from(bytes).toString() === `report ${counter}`)).not.toContain(false)
})

test('counters rise also after everything was delivered, and after the folder was lost', async () => {
  await using folder = await temporary()
  {
    const { queue } = await open(folder.path)
    await add(queue, 'began', 'failed')
    await queue.delivered([NOW, NOW + 1])
  }
  const again = await open(folder.path, { now: () => 5 })
  await add(again.queue, 'present')
  expect(countersOf(again.queue.list('pending'))).toEqual([NOW + 2])
  await rm(folder.path, { recursive: true })
  const anew = await open(folder.path, { now: () => NOW + 1_000 })
  await add(anew.queue, 'present')
  expect(countersOf(anew.queue.list('pending'))).toEqual([NOW + 1_000])
})

test('what is given up is kept apart with its reason, and is sent again when somebody says so', async () => {
  await using folder = await temporary()
  const { queue, events } = await open(folder.path)
  await add(queue, 'began', 'failed', 'returned')
  await queue.giveUp([NOW, NOW + 2], 'NOT_YOURS')
  expect(queue.list('dead')).toEqual([
    { counter: NOW, state: 'began', code: 'NOT_YOURS' },
    { counter: NOW + 2, state: 'returned', code: 'NOT_YOURS' },
  ])
  expect(events.map(({ event }) => event)).toEqual(['report-given-up', 'report-given-up'])
  const again = await open(folder.path)
  expect(again.queue.counts()).toEqual({ pending: 1, dead: 2, dropped: 0 })
  expect(await again.queue.resend([NOW + 2, 7])).toBe(1)
  expect(await again.queue.resend()).toBe(1)
  expect(countersOf(await again.queue.batch(10))).toEqual([NOW, NOW + 1, NOW + 2])
})

test('a full queue gives up what is told again anyway, and a fact only where somebody can find it', async () => {
  await using folder = await temporary()
  const { queue, events } = await open(folder.path, { limits: { pendingMax: 3, deadMax: 2 } })
  await add(queue, 'failed', 'present', 'healthy', 'healthy')
  expect(queue.counts()).toEqual({ pending: 3, dead: 0, dropped: 0 })
  expect(queue.list('pending').some(({ state }) => state === 'present')).toBe(false)
  await add(queue, 'healthy')
  expect(queue.list('dead')).toEqual([{ counter: NOW, state: 'failed', code: 'QUEUE_FULL' }])
  expect(events.at(-1)).toMatchObject({ event: 'report-given-up', fields: { state: 'failed' } })
  await add(queue, 'healthy', 'healthy')
  expect(queue.counts()).toEqual({ pending: 3, dead: 2, dropped: 1 })
  expect(events.at(-2)).toMatchObject({ event: 'report-dropped', fields: { state: 'failed', dropped: 1 } })
})

test('files of others, and half-written ones, are neither sent nor in the way', async () => {
  await using folder = await temporary()
  {
    const { queue } = await open(folder.path)
    await add(queue, 'began')
  }
  for (const name of ['README', '0-began', '12-unknown', '12-began-no', '99999999999999999-began'])
    await writeFile(join(folder.path, 'pending', name), 'x')
  await writeFile(join(folder.path, 'scratch', `${NOW}-began.3`), 'ha')
  await writeFile(join(folder.path, 'counter'), 'many')
  const { queue } = await open(folder.path)
  expect(countersOf(await queue.batch(10))).toEqual([NOW])
  expect(await readdir(join(folder.path, 'scratch'))).toEqual([])
})

test('whatever operation it dies at, no report that was added is lost, none comes back, and no counter is used twice', async () => {
  const states: ReportState[] = ['began', 'failed']
  for (let stopAt = 1, wasStopped = true; wasStopped; stopAt++) {
    await using folder = await temporary()
    const disk = stoppingDisk(DISK, stopAt)
    const added: number[] = []
    const delivered: number[] = []
    const used: number[] = []
    const make = (counter: number): Uint8Array => {
      used.push(counter)
      return written(counter)
    }
    try {
      const { queue } = await open(folder.path, { disk })
      for (const state of states) {
        await queue.add(state, make)
        added.push(used.at(-1) ?? 0)
      }
      await queue.giveUp([NOW + 1], 'REFUSED')
      await queue.delivered([NOW])
      delivered.push(NOW)
      await queue.resend()
      await queue.add('present', make)
      added.push(used.at(-1) ?? 0)
    } catch (error) {
      if (!disk.stopped()) throw error
    }
    wasStopped = disk.stopped()
    const { queue } = await open(folder.path)
    const left = [...countersOf(queue.list('pending')), ...countersOf(queue.list('dead'))]
    for (const counter of added) if (!delivered.includes(counter) && counter !== NOW) expect(left).toContain(counter)
    for (const counter of delivered) expect(left).not.toContain(counter)
    expect(new Set(left).size).toBe(left.length)
    await queue.add('present', make)
    expect(new Set(used).size).toBe(used.length)
    expect(used.at(-1)).toBe(Math.max(...used))
  }
})

test('the name of a file is read as it was written', () => {
  const name = fc.record(
    {
      counter: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      state: fc.constantFrom(...REPORT_STATES),
      code: fc.stringMatching(/^[A-Z0-9_]{1,64}$/),
    },
    { requiredKeys: ['counter', 'state'] },
  )
  fc.assert(
    fc.property(name, (each) => {
      expect(parseReportFile(reportFile(each))).toEqual(each)
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => void parseReportFile(text)))
})
