import { REPORT_BYTES_MAX } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import type { ExchangeLimits } from '../wire/exchange.ts'

export function reportsProtocol(fleet: string): string {
  return `/shoal/${fleet}/reports/1`
}

export const REPORTS_LIMITS: ExchangeLimits = {
  // Around each report there is its length, and around all of them a map.
  questionBytesMax: LIMITS.reportsPerBatchMax * (REPORT_BYTES_MAX + 8) + 64,
  answerBytesMax: LIMITS.reportsAnswerBytesMax,
  timeoutMs: LIMITS.exchangeTimeoutMs,
}
