import { LIMITS } from '../limits.ts'

export interface OriginOptions {
  /** Other origins (`https://host[:port]`) that this one may redirect to. */
  allowRedirectTo?: readonly string[]
  /** Ranges asked for at the same time by one `fetchChunks`. */
  concurrency?: number
  connectionsMax?: number
  connectTimeoutMs?: number
  headersTimeoutMs?: number
  /** A body of which nothing arrives for this long is abandoned. */
  progressTimeoutMs?: number
  rateWindowMs?: number
  rateMinBytesPerSecond?: number
  attemptsMax?: number
  backoffMinMs?: number
  backoffMaxMs?: number
  retryAfterMaxMs?: number
}

export type OriginSettings = Required<OriginOptions>

export function originSettings(options: OriginOptions): OriginSettings {
  return { allowRedirectTo: [], ...LIMITS.origin.defaults, ...options }
}
