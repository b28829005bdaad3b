import { TrackerError } from '@shoal/tracker/client'
import { PeerError } from '../error.ts'

/** The wiring is shared with the tracker; what goes wrong in it here is the peer's error. */
export function asPeerError(error: unknown): unknown {
  if (!(error instanceof TrackerError)) return error
  if (error.code !== 'LISTEN_FAILED' && error.code !== 'IDENTITY_INVALID') return error
  return new PeerError(error.code, error.message, { cause: error, fix: error.fix })
}
