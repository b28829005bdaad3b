import { LIMITS } from '../limits.ts'
import type { ExchangeLimits } from '../wire/exchange.ts'

/** Fleets do not hear each other: the fleet's name is in the protocol's. */
export function trackerProtocol(fleet: string): string {
  return `/shoal/${fleet}/tracker/1`
}

export const ANNOUNCE_LIMITS: ExchangeLimits = {
  questionBytesMax: LIMITS.announceBytesMax,
  answerBytesMax: LIMITS.handOutBytesMax,
  timeoutMs: LIMITS.exchangeTimeoutMs,
}
