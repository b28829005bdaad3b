import { PeerError } from '../error.ts'
import type { PeerErrorCode } from '../error.ts'

/** What went wrong with one request; statistics count by it. Codes are for deciding, reasons for explaining. */
export type OriginReason =
  | 'FORBIDDEN'
  | 'CONNECT'
  | 'TIMEOUT'
  | 'SILENT'
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

/** The limits of this peer, not the origin, are the reason. */
export function forbidden(shown: string): OriginFailure {
  return new OriginFailure('ORIGIN_UNREACHABLE', `${shown} is not to be asked: a limit of this peer says never`, {
    reason: 'FORBIDDEN',
    retryable: false,
    fix: 'wait until the window of this limit is over, or lift it with: shoal-peer limit --origin unlimited',
  })
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
