/** Every way in which the peer can fail, as callers may branch on it. */
export type PeerErrorCode =
  | 'STORE_LOCKED'
  | 'STORE_CORRUPT'
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
  | 'TIMEOUT'

export class PeerError extends Error {
  readonly code: PeerErrorCode

  constructor(code: PeerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PeerError'
    this.code = code
  }
}
