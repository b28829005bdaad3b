/** Of what a caller learns when something is refused or fails: a status, and words to act upon. */
import { TrackerError, type TrackerErrorCode } from '../error.ts'

export interface Refusal {
  code: string
  message: string
  fix: string
}

const STATUSES: Partial<Record<TrackerErrorCode, number>> = {
  INVALID: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  TOO_OFTEN: 429,
  FULL: 409,
  BUSY: 503,
  STORE_UNAVAILABLE: 503,
}

/** What the HTTP server itself refuses. */
const SERVER_CODES: Record<string, TrackerErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'INVALID',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID',
  FST_ERR_CTP_INVALID_JSON_BODY: 'INVALID',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID',
}

/** Undefined for a fault of the program, of which callers learn nothing. */
export function refusalOf(error: unknown): ({ status: number } & Refusal) | undefined {
  if (error instanceof TrackerError) {
    const status = STATUSES[error.code]
    if (status === undefined) return undefined
    return { status, code: error.code, message: error.message, fix: error.fix }
  }
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string }
  const known = SERVER_CODES[code ?? '']
  if (known !== undefined || (statusCode !== undefined && statusCode >= 400 && statusCode < 500)) {
    const status = STATUSES[known ?? 'INVALID'] ?? 400
    return { status, code: known ?? 'INVALID', message: message ?? 'not understood', fix: 'see /api/v1/openapi.json' }
  }
  return undefined
}

export const FAULT: Refusal = {
  code: 'INTERNAL',
  message: 'the tracker failed at this',
  fix: 'see its log; if it says nothing to act upon, this is a fault of the program: report it',
}
