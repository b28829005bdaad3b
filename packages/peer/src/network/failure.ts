import { TrackerError, type TrackerErrorCode } from '@shoal/tracker/client'
import { PeerError, type PeerErrorCode } from '../error.ts'

const CODES: Partial<Record<TrackerErrorCode, PeerErrorCode>> = {
  LISTEN_FAILED: 'LISTEN_FAILED',
  IDENTITY_INVALID: 'IDENTITY_INVALID',
  ENROLMENT_REFUSED: 'ENROLMENT_REFUSED',
  TOKEN_INVALID: 'TOKEN_INVALID',
  UNREACHABLE: 'TRACKER_UNREACHABLE',
  REPLY_INVALID: 'TRACKER_UNREACHABLE',
}

/** The wiring is shared with the tracker; what goes wrong in it here is the peer's error. */
export function asPeerError(error: unknown): unknown {
  if (!(error instanceof TrackerError)) return error
  const code = CODES[error.code]
  if (code === undefined) return error
  return new PeerError(code, error.message, { cause: error, ...(error.fix === '' ? {} : { fix: error.fix }) })
}
