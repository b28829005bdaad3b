import { PeerError } from '../error.ts'
import type { PeerErrorCode } from '../error.ts'

/** What went wrong with one request; statistics count by it. Codes are for deciding, reasons for explaining. */
export type OriginReason =
  | 'CONNECT'
  | 'TIMEOUT'
  | 'TOO_SLOW'
  | 'TRUNCATED'
  | `STATUS_${number}`
  | 'ABSENT'
  | 'WRONG_RANGE'
  | 'RANGE_IGNORED'
  | 'REDIRECT'
  | 'ENCODING'
  | 'TOO_LONG'
  | 'CORRUPT'
  | 'BAD_INDEX'

interface FailureDetails {
  reason: OriginReason
  /** Whether the same request may succeed later. */
  retryable: boolean
  retryAfterMs?: number | undefined
  cause?: unknown
  /** What a person can do about it. */
  fix?: string | undefined
}

/** A failed request. Callers outside this folder see a PeerError and branch on its code. */
export class OriginFailure extends PeerError {
  readonly reason: OriginReason
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: PeerErrorCode, message: string, details: FailureDetails) {
    super(code, message, {
      ...(details.cause === undefined ? {} : { cause: details.cause }),
      ...(details.fix === undefined ? {} : { fix: details.fix }),
    })
    this.reason = details.reason
    this.retryable = details.retryable
    this.retryAfterMs = details.retryAfterMs
  }
}
