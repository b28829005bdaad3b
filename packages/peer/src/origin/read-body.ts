import { bodyPieces } from './body-pieces.ts'
import type { OriginConnection } from './connection.ts'
import { forbidden, OriginFailure } from './failure.ts'
import { networkFailure } from './network-failure.ts'
import { createRateFloor } from './rate-floor.ts'
import type { Answer } from './request.ts'

/**
 * The bytes of an answer as they arrive, counted, and abandoned when they come too slowly. Stopping early closes it.
 * @param paidBytes what of it was taken from the ration already
 */
export async function* readBody(
  connection: OriginConnection,
  answer: Answer,
  signal: AbortSignal,
  paidBytes = 0,
): AsyncGenerator<Uint8Array, void, void> {
  const { settings, stats } = connection
  const floor = createRateFloor(settings.rateWindowMs, settings.rateMinBytesPerSecond)
  const body = bodyPieces(answer.body)
  try {
    for (;;) {
      const before = performance.now()
      const step = await body.next()
      if (step.done === true) return
      const { value } = step
      const fast = floor.add(performance.now() - before, value.length)
      stats.wireBytes += value.length
      const owedBytes = Math.max(0, value.length - paidBytes)
      paidBytes -= value.length - owedBytes
      // What is not read yet waits at the origin: what was not paid for before is sent no faster than it is taken.
      const isAllowed = owedBytes === 0 ? settings.ration.rate > 0 : await settings.ration.take(owedBytes, signal)
      if (!isAllowed) throw forbidden(answer.shown)
      yield value
      if (!fast) throw tooSlow(answer, settings.rateMinBytesPerSecond)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof OriginFailure ? error : networkFailure(error, answer.shown, 'body')
  } finally {
    await body.return().catch(() => undefined)
  }
}

function tooSlow(answer: Answer, floor: number): OriginFailure {
  return new OriginFailure('ORIGIN_UNREACHABLE', `origin sends ${answer.shown} at less than ${floor} bytes a second`, {
    reason: 'TOO_SLOW',
    retryable: true,
  })
}
