/**
 * Reports that are not delivered yet, and those that were given up. A report is a file of its own, whose name says what must be known
 * to handle it: each step (queue, deliver, give up, send again) is one rename or removal, so there is nothing that a kill could leave
 * half-written, nothing to compact, and no second copy. There are a dozen a day.
 */
import { join } from 'node:path'
import type { ReportState } from '@shoal/release'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { readWhole, writeAtomic, type Disk } from '../store/index.ts'
import { parseReportFile, reportFile, type ReportName } from './report-file.ts'

export interface QueuedReport extends ReportName {
  bytes: Uint8Array
}

export interface ReportCounts {
  pending: number
  dead: number
  /** Given up and forgotten since the start, because there were too many. */
  dropped: number
}

export interface ReportQueue {
  /**
   * The counter is on disk before the report is, and the report before this returns.
   * @param make the signed report with this counter
   */
  add(state: ReportState, make: (counter: number) => Uint8Array): Promise<void>
  /** The oldest ones that are to be sent. */
  batch(reportsMax: number): Promise<QueuedReport[]>
  delivered(counters: readonly number[]): Promise<void>
  /** Keeps them apart, with the reason, until somebody has them sent again. */
  giveUp(counters: readonly number[], code: string): Promise<void>
  /** Those that were given up, or of them only the ones named, are to be sent again. Returns how many. */
  resend(counters?: readonly number[]): Promise<number>
  /** Oldest first. */
  list(which: 'pending' | 'dead'): ReportName[]
  counts(): ReportCounts
}

export interface QueueDeps {
  disk: Disk
  /** Epoch ms. */
  now: () => number
  onEvent: OnEvent
  limits?: { pendingMax: number; deadMax: number }
}

export async function openReportQueue(
  folder: string,
  { disk, now, onEvent, limits = LIMITS.reports }: QueueDeps,
): Promise<ReportQueue> {
  const [pendingFolder, deadFolder, scratch] = [join(folder, 'pending'), join(folder, 'dead'), join(folder, 'scratch')]
  const counterFile = join(folder, 'counter')
  await disk.remove(scratch)
  for (const each of [folder, pendingFolder, deadFolder, scratch]) {
    await disk.mkdir(each, { recursive: true, mode: 0o700 })
  }
  const pending = await readNames(disk, pendingFolder)
  const dead = await readNames(disk, deadFolder)
  let last = Math.max(await readCounter(disk, counterFile), ...pending.keys(), ...dead.keys())
  let dropped = 0
  let turn: Promise<unknown> = Promise.resolve()

  /** One after the other: each begins with what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  async function add(state: ReportState, make: (counter: number) => Uint8Array): Promise<void> {
    await makeRoom()
    // By the clock, so that it also rises where the folder was lost or brought back from an older copy.
    const counter = Math.max(last + 1, now())
    await writeAtomic(disk, scratch, counterFile, Buffer.from(String(counter)), { durable: true })
    last = counter
    const name = { counter, state }
    await writeAtomic(disk, scratch, join(pendingFolder, reportFile(name)), make(counter), { durable: true })
    pending.set(counter, name)
  }

  /** What a machine has is told again the next day; what happened on it is not. */
  async function makeRoom(): Promise<void> {
    while (pending.size >= limits.pendingMax) {
      const oldest = first(pending, ({ state }) => state === 'present')
      if (oldest !== undefined) await drop(pending, pendingFolder, oldest)
      else await bury(pending.values().next().value as ReportName, 'QUEUE_FULL')
    }
  }

  async function drop(from: Map<number, ReportName>, within: string, name: ReportName): Promise<void> {
    await disk.remove(join(within, reportFile(name)))
    from.delete(name.counter)
    if (name.state === 'present') return
    dropped += 1
    onEvent('report-dropped', { ...name, dropped })
  }

  async function bury({ counter, state }: ReportName, code: string): Promise<void> {
    while (dead.size >= limits.deadMax) {
      const isPresent = first(dead, (each) => each.state === 'present')
      await drop(dead, deadFolder, isPresent ?? (dead.values().next().value as ReportName))
    }
    const name = { counter, state, code }
    await disk.rename(join(pendingFolder, reportFile({ counter, state })), join(deadFolder, reportFile(name)))
    pending.delete(counter)
    insert(dead, name)
    onEvent('report-given-up', name)
  }

  async function resend(counters: readonly number[]): Promise<number> {
    let count = 0
    for (const counter of counters) {
      const name = dead.get(counter)
      if (name === undefined || pending.size >= limits.pendingMax) continue
      const { state } = name
      await disk.rename(join(deadFolder, reportFile(name)), join(pendingFolder, reportFile({ counter, state })))
      dead.delete(counter)
      insert(pending, { counter, state })
      count += 1
    }
    return count
  }

  async function batch(reportsMax: number): Promise<QueuedReport[]> {
    const found: QueuedReport[] = []
    for (const name of [...pending.values()]) {
      if (found.length >= reportsMax) break
      const path = join(pendingFolder, reportFile(name))
      const bytes = await readWhole(disk, path, LIMITS.reports.bytesMax)
      if (bytes !== undefined) found.push({ ...name, bytes })
      else await drop(pending, pendingFolder, name)
    }
    return found
  }

  return {
    add: (state, make) => inTurn(() => add(state, make)),
    batch: (reportsMax) => inTurn(() => batch(reportsMax)),
    delivered: (counters) =>
      inTurn(async () => {
        for (const counter of counters) {
          const name = pending.get(counter)
          if (name === undefined) continue
          await disk.remove(join(pendingFolder, reportFile(name)))
          pending.delete(counter)
        }
      }),
    giveUp: (counters, code) =>
      inTurn(async () => {
        for (const counter of counters) {
          const name = pending.get(counter)
          if (name !== undefined) await bury(name, code)
        }
      }),
    resend: (counters) => inTurn(() => resend(counters ?? [...dead.keys()])),
    list: (which) => [...(which === 'pending' ? pending : dead).values()],
    counts: () => ({ pending: pending.size, dead: dead.size, dropped }),
  }
}

/** In the order of counters. A name that is not ours is left alone. */
async function readNames(disk: Disk, folder: string): Promise<Map<number, ReportName>> {
  const names = (await disk.list(folder)).flatMap(({ name }) => parseReportFile(name) ?? [])
  return new Map(names.sort((a, b) => a.counter - b.counter).map((name) => [name.counter, name]))
}

async function readCounter(disk: Disk, file: string): Promise<number> {
  const bytes = await readWhole(disk, file, 32)
  const counter = Number(bytes === undefined ? 0 : Buffer.from(bytes).toString())
  return Number.isSafeInteger(counter) && counter > 0 ? counter : 0
}

function first(names: Map<number, ReportName>, wanted: (name: ReportName) => boolean): ReportName | undefined {
  return [...names.values()].find(wanted)
}

/** Keeps the order of counters. */
function insert(names: Map<number, ReportName>, name: ReportName): void {
  const sorted = [...names.values(), name].sort((a, b) => a.counter - b.counter)
  names.clear()
  for (const each of sorted) names.set(each.counter, each)
}
