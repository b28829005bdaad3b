export type SeederErrorCode =
  | 'REPOSITORY_EXISTS'
  | 'REPOSITORY_MISSING'
  | 'REPOSITORY_INVALID'
  | 'REPOSITORY_LOCKED'
  | 'PRODUCT_MISMATCH'
  | 'KEY_INVALID'
  | 'KEY_LOCKED'
  | 'KEY_UNREACHABLE'
  | 'KEY_UNKNOWN'
  | 'SIGNER_FAILED'
  | 'ROLE_MISSING'
  | 'CHANNEL_MISSING'
  | 'CHANNEL_CONFLICT'
  | 'THRESHOLD_INVALID'
  | 'PENDING_MISSING'
  | 'PENDING_STALE'
  | 'SOURCE_MISSING'
  | 'SOURCE_INVALID'
  | 'SOURCE_UNREADABLE'
  | 'SOURCE_CHANGED'
  | 'VERSION_CONFLICT'
  | 'ORIGIN_UNSUPPORTED'
  | 'ORIGIN_MISSING'
  | 'ORIGIN_INVALID'
  | 'ORIGIN_FOREIGN'
  | 'ORIGIN_CORRUPT'
  | 'ORIGIN_BUSY'
  | 'LISTEN_FAILED'

/** The message says what happened, and to what; `explainError` adds what to do next. */
export class SeederError extends Error {
  override readonly name = 'SeederError'
  readonly code: SeederErrorCode

  constructor(code: SeederErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** The code of an operating system error, such as ENOENT. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
