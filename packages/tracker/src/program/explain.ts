import { EXIT, type Explanation } from '@shoal/cli'
import { ReleaseError } from '@shoal/release'
import { TrackerError, type TrackerErrorCode } from '../error.ts'

const EXITS: Partial<Record<TrackerErrorCode, number>> = {
  CONFIG_INVALID: EXIT.usage,
  TIMEOUT: EXIT.timeout,
  UNREACHABLE: EXIT.unreachable,
  REFUSED: EXIT.refused,
  NOT_FOUND: EXIT.notFound,
  NOT_PRIVATE: EXIT.usage,
  KEY_INVALID: EXIT.notAllowed,
  FULL: EXIT.refused,
  CONFLICT: EXIT.refused,
  INVALID: EXIT.usage,
  STORE_UNAVAILABLE: EXIT.unreachable,
}

export function explain(error: unknown): Explanation | undefined {
  if (error instanceof TrackerError) {
    const { code, message, fix } = error
    return {
      code,
      exit: EXITS[code] ?? EXIT.failure,
      message,
      fix: fix || 'run it again with SHOAL_DEBUG=1 to see more',
    }
  }
  if (error instanceof ReleaseError) {
    const { code, message } = error as ReleaseError
    return {
      code,
      exit: EXIT.verification,
      message,
      fix: 'use the root.json that `shoal-seeder init` wrote for this fleet',
    }
  }
  return undefined
}
