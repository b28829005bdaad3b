/** What an origin, or something on the way to it, can do wrong. Offsets count from the start of the object, not of the body. */
export type OriginFault =
  /** One bit is flipped at this offset, or in the first byte of the body. */
  | { kind: 'corrupt'; at?: number }
  /** The connection closes after so many bytes of the body. */
  | { kind: 'truncate'; afterBytes: number }
  /** After so many bytes of the body nothing more comes, and the connection stays open. */
  | { kind: 'stall'; afterBytes: number }
  /** Not even headers come. */
  | { kind: 'hang' }
  /** The body comes in small pieces, slowly. */
  | { kind: 'drip'; pieceBytes: number; everyMs: number }
  /** More bytes follow than were asked for. */
  | { kind: 'overlong'; extraBytes: number }
  | { kind: 'status'; status: number; retryAfter?: string }
  /** Content-Range names bytes shifted by so many. */
  | { kind: 'wrong-range'; shiftBytes: number }
  /** Content-Range is left out. */
  | { kind: 'no-range' }
  /** The whole object is sent whatever was asked. */
  | { kind: 'ignore-range' }
  /** The same path and query, elsewhere. */
  | { kind: 'redirect'; to: string; status?: 301 | 302 | 307 | 308 }
  | { kind: 'encoding'; name: string }
