/** Every way in which the tracker, or talking to one, can fail; callers branch on the code. */
export type TrackerErrorCode =
  | 'FRAME_INVALID'
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'REFUSED'
  | 'REPLY_INVALID'
  | 'LISTEN_FAILED'
  | 'IDENTITY_INVALID'
  | 'ROOT_INVALID'
  | 'CONFIG_INVALID'
  | 'NOT_A_MEMBER'
  | 'CREDENTIAL_REFUSED'
  | 'TOKEN_INVALID'
  | 'ENROLMENT_REFUSED'
  | 'KEY_INVALID'
  | 'NOT_PRIVATE'
  | 'LEDGER_INVALID'
  | 'NOT_FOUND'
  | 'FULL'
  | 'STORE_INVALID'
  | 'STORE_UNAVAILABLE'
  | 'INVALID'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CONFLICT'
  | 'TOO_LARGE'
  | 'TOO_OFTEN'
  | 'BUSY'

export class TrackerError extends Error {
  readonly code: TrackerErrorCode
  /** What a person can do about it; empty where nothing can be said. */
  readonly fix: string

  constructor(code: TrackerErrorCode, message: string, options: ErrorOptions & { fix?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TrackerError'
    this.code = code
    this.fix = options.fix ?? ''
  }
}
