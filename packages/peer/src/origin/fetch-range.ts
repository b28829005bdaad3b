import { originPath } from '@shoal/release'
import type { ChunkTable, PackIndex } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import type { ChunkOutcome } from './chunk-outcome.ts'
import type { OriginConnection, UnderWay } from './connection.ts'
import { decodeFrame } from './decode-frame.ts'
import { forbidden, OriginFailure } from './failure.ts'
import { createFrameReader } from './frame-reader.ts'
import { letGo, letGoOfPiece } from './let-go.ts'
import { joinFrames } from './plan-ranges.ts'
import type { Frame, PackRange } from './plan-ranges.ts'
import { readBody } from './read-body.ts'
import { request } from './request.ts'
import type { Answer } from './request.ts'
import { withRetries } from './retry.ts'
import { countError } from './stats.ts'

export interface RangeJob extends PackRange {
  /** These frames came damaged before; the next time is the last. */
  again: boolean
}

/** What of a manifest's chunk table a transfer needs. */
export type WantedChunks = Pick<ChunkTable, 'count' | 'sizes' | 'digest'>

/** One answer on its way. */
type Current = UnderWay & { signal: AbortSignal }

/** What the ranges of one call share. The queue holds those not begun. */
export interface Transfer {
  readonly connection: OriginConnection
  readonly index: PackIndex
  readonly chunks: WantedChunks
  readonly queue: RangeJob[]
}

/**
 * Fetches one range and emits an outcome for each of its frames, except for those that came damaged the first time: they go
 * to the end of the queue. Returns why the range was given up, if it was.
 */
export async function fetchRange(
  { connection, index, chunks, queue }: Transfer,
  job: RangeJob,
  emit: (outcome: ChunkOutcome) => Promise<void>,
  signal: AbortSignal,
): Promise<OriginFailure | undefined> {
  const path = originPath.pack(index.packs[job.pack]?.sha256 ?? '')
  const damaged: Frame[] = []
  let reader = createFrameReader(job.frames)
  let before = reader.next
  if (connection.ignoresRange) takePack()

  try {
    await withRetries(connection, signal, attempt, movedOn)
  } catch (error) {
    if (!(error instanceof OriginFailure)) throw error
    for (const { chunk } of reader.unfinished) await emit({ chunk, error })
    return error
  } finally {
    for (const range of joinFrames(job.pack, damaged, LIMITS.origin)) queue.push({ ...range, again: true })
  }
  return undefined

  /** An origin without Range starts again at the first byte, so that going on from there is never free. */
  function movedOn(): boolean {
    return !connection.ignoresRange && reader.next - before >= LIMITS.origin.progressBytesMin
  }

  async function attempt(): Promise<void> {
    before = reader.next
    for (;;) {
      // More than one range only when this job has taken over a pack and the origin knows Range after all.
      const end = joinFrames(job.pack, reader.unfinished, LIMITS.origin)[0]?.end ?? job.end
      const paidBytes = await payAhead(end - reader.next)
      const isWhole = await unlessRenewed((current) => askFor(end, paidBytes, current))
      if (isWhole === true) return
    }
  }

  /** True when all frames have come; otherwise the next range has to be asked for. */
  async function askFor(end: number, paidBytes: number, current: Current): Promise<boolean> {
    const answer = await request(connection, path, { range: { start: reader.next, end }, signal: current.signal })
    if (answer === undefined) throw absent(connection, path)
    connection.ignoresRange = answer.end === undefined
    if (answer.end === undefined) takePack()
    if (answer.end === undefined && !worthReadingThrough(reader.unfinished)) {
      answer.body.on('error', () => undefined).destroy()
      throw rangeIgnored(answer)
    }
    await readFrames(answer, paidBytes, current)
    if (!reader.done && (answer.end === undefined || reader.next < end)) throw truncated(answer)
    return reader.done
  }

  /** Undefined when it was given up to be asked for again. */
  async function unlessRenewed<T>(ask: (current: Current) => Promise<T>): Promise<T | undefined> {
    const turn = await connection.turns.take(signal)
    const giveUp = new AbortController()
    const silent = new Error('the origin fell silent')
    const current = { heardMs: performance.now(), renew: () => giveUp.abort(silent) }
    connection.underWay.add(current)
    try {
      return await ask(Object.assign(current, { signal: AbortSignal.any([signal, giveUp.signal]) }))
    } catch (error) {
      if (error !== silent) throw error
      countError(connection.stats, 'SILENT')
      return undefined
    } finally {
      connection.underWay.delete(current)
      turn[Symbol.dispose]()
    }
  }

  /**
   * What is asked for is sent at once, whenever it is read. Returns how much was paid for: nothing where the range was planned
   * before a ration became as small as it is, and then it is paid for as it is read.
   */
  async function payAhead(bytes: number): Promise<number> {
    const { ration } = connection.settings
    if (ration.rate === Infinity || bytes > Math.max(LIMITS.origin.paidAheadBytesMin, ration.atOnceBytes)) return 0
    if (await ration.take(bytes, signal)) return bytes
    signal.throwIfAborted()
    throw forbidden(`${connection.address.shown}${path}`)
  }

  async function readFrames(answer: Answer, paidBytes: number, current: Current): Promise<void> {
    const promised = answer.end === undefined ? Infinity : answer.end - answer.start
    let received = 0
    reader.begin(answer.start)
    try {
      for await (const bytes of readBody(connection, answer, current.signal, paidBytes)) {
        current.heardMs = performance.now()
        received += bytes.length
        for (const { frame, bytes: compressed } of reader.feed(bytes)) await deliver(frame, compressed)
        letGoOfPiece(bytes)
        // A whole object goes on after the last wanted frame. A range ends here, and is read to its end so that the
        // connection can be used again.
        if (reader.done && (answer.end === undefined || received > promised)) break
      }
    } catch (error) {
      if (!reader.done || !(error instanceof OriginFailure)) throw error
      countError(connection.stats, error.reason)
    } finally {
      const surplus = Math.max(0, received - promised)
      if (surplus > 0) countError(connection.stats, 'TOO_LONG')
      connection.stats.wastedBytes += answer.end === undefined ? reader.skippedBytes : surplus
      connection.stats.gapBytes += answer.end === undefined ? 0 : reader.skippedBytes - surplus
    }
  }

  async function deliver(frame: Frame, compressed: Uint8Array): Promise<void> {
    const { chunk } = frame
    const bytes = await decodeFrame(compressed, chunks.sizes[chunk] ?? 0, chunks.digest(chunk))
    if (bytes !== undefined) {
      await emit({ chunk, bytes })
      // A part of the frame stays, with the frame.
      return letGo(bytes)
    }
    connection.stats.wastedBytes += compressed.length
    countError(connection.stats, 'CORRUPT')
    if (!job.again) damaged.push(frame)
    else await emit({ chunk, error: corrupt(connection, path, frame) })
  }

  /** An origin that sends whole packs sends each once: this job takes over all that is still wanted of its pack. */
  function takePack(): void {
    const taken = queue.filter(({ pack, again }) => pack === job.pack && again === job.again)
    if (taken.length === 0) return
    for (const other of taken) queue.splice(queue.indexOf(other), 1)
    const frames = [...reader.unfinished, ...taken.flatMap((other) => other.frames)]
    reader = createFrameReader(frames.sort((a, b) => a.offset - b.offset))
  }
}

/** Whether so much of the first bytes of a pack is wanted that they may all be read. */
function worthReadingThrough(frames: readonly Frame[]): boolean {
  const last = frames.at(-1)
  const end = last === undefined ? 0 : last.offset + last.length
  const wanted = frames.reduce((sum, { length }) => sum + length, 0)
  return end <= LIMITS.origin.readThroughBytesMax || wanted >= end * LIMITS.origin.readThroughShareMin
}

function absent(connection: OriginConnection, path: string): OriginFailure {
  return new OriginFailure('NOT_FOUND', `origin does not have ${connection.address.shown}${path}`, {
    reason: 'ABSENT',
    retryable: false,
  })
}

function rangeIgnored(answer: Answer): OriginFailure {
  return new OriginFailure('ORIGIN_INVALID', `origin ignores Range requests and sent all of ${answer.shown}`, {
    reason: 'RANGE_IGNORED',
    retryable: false,
    fix: 'serve packs from a server or CDN that supports Range',
  })
}

function truncated(answer: Answer): OriginFailure {
  return new OriginFailure('ORIGIN_UNREACHABLE', `origin broke off its answer: ${answer.shown}`, {
    reason: 'TRUNCATED',
    retryable: true,
  })
}

function corrupt(connection: OriginConnection, path: string, { chunk, offset, length }: Frame): OriginFailure {
  return new OriginFailure(
    'ORIGIN_CORRUPT',
    `origin holds damaged bytes ${offset}-${offset + length - 1} of ${connection.address.shown}${path} (chunk ${chunk})`,
    { reason: 'CORRUPT', retryable: false, fix: 'remove this object from the origin and publish the release again' },
  )
}
