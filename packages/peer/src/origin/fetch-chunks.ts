import type { PackIndex } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import type { ChunkOutcome } from './chunk-outcome.ts'
import type { OriginConnection } from './connection.ts'
import { OriginFailure } from './failure.ts'
import { fetchRange } from './fetch-range.ts'
import type { RangeJob, Transfer, WantedChunks } from './fetch-range.ts'
import { runLanes } from './lanes.ts'
import { planRanges } from './plan-ranges.ts'

/** Every wanted chunk comes out exactly once, in the order in which the origin delivers. */
export async function* fetchChunks(
  connection: OriginConnection,
  index: PackIndex,
  chunks: WantedChunks,
  wanted: Iterable<number>,
  signal: AbortSignal,
): AsyncGenerator<ChunkOutcome, void, void> {
  const { concurrency, ration } = connection.settings
  const plan = planRanges(wanted, index, chunks, { ...LIMITS.origin, joinBytesMax: ration.atOnceBytes })
  for (const chunk of plan.refused) yield { chunk, error: badIndex(connection, chunk) }

  const queue: RangeJob[] = plan.ranges.map((range) => ({ ...range, again: false }))
  const transfer: Transfer = { connection, index, chunks, queue }
  let failedInARow = 0

  yield* runLanes<ChunkOutcome>(Math.min(concurrency, queue.length), signal, async (emit, laneSignal) => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const failure = await fetchRange(transfer, job, emit, laneSignal)
      failedInARow = failure?.code === 'ORIGIN_UNREACHABLE' ? failedInARow + 1 : 0
      if (failure === undefined || failedInARow < LIMITS.origin.failedRangesMax) continue
      // The origin is down: do not knock for every remaining range.
      for (const { frames } of queue.splice(0)) {
        for (const { chunk } of frames) await emit({ chunk, error: failure })
      }
    }
  })
}

function badIndex(connection: OriginConnection, chunk: number): OriginFailure {
  return new OriginFailure(
    'ORIGIN_INVALID',
    `the pack index at ${connection.address.shown} gives chunk ${chunk} an impossible place`,
    { reason: 'BAD_INDEX', retryable: false },
  )
}
