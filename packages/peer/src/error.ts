/** Every way in which the peer can fail, as callers may branch on it. */
export type PeerErrorCode =
  | 'STORE_LOCKED'
  | 'STORE_CORRUPT'
  | 'STORE_DENIED'
  | 'DISK_FULL'
  | 'CHUNK_GONE'
  | 'CHUNK_MISMATCH'
  | 'ORIGIN_UNREACHABLE'
  | 'ORIGIN_CORRUPT'
  | 'ORIGIN_INVALID'
  | 'NOT_FOUND'
  | 'CONFIG_INVALID'
  | 'PROTOCOL_VIOLATION'
  | 'LISTEN_FAILED'
  | 'IDENTITY_INVALID'
  | 'RELEASE_MISMATCH'
  | 'NOT_ENROLLED'
  | 'MEMBERSHIP_ENDED'
  | 'ENROLMENT_REFUSED'
  | 'TOKEN_INVALID'
  | 'TRACKER_UNREACHABLE'
  | 'REFUSED_BY_POLICY'
  | 'TIMEOUT'

export class PeerError extends Error {
  readonly code: PeerErrorCode
  /** What a person can do about it, where the place that failed knows it. */
  readonly fix: string | undefined

  constructor(code: PeerErrorCode, message: string, options?: ErrorOptions & { fix?: string }) {
    super(message, options)
    this.fix = options?.fix
    this.name = 'PeerError'
    this.code = code
  }
}
