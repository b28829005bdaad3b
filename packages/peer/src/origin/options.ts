import { LIMITS } from '../limits.ts'

/** How fast the origin may be read; a rate of 0 means that it is sent no request at all. */
export interface Ration {
  readonly rate: number
  /** How much to ask for at once; what is asked for is sent at once, whatever the rate. */
  readonly atOnceBytes: number
  /** Waits for its turn; false when nothing may be read (any more). */
  take(bytes: number, signal: AbortSignal): Promise<boolean>
}

const UNLIMITED: Ration = { rate: Infinity, atOnceBytes: Infinity, take: () => Promise.resolve(true) }

export interface OriginOptions {
  /** Other origins (`https://host[:port]`) that this one may redirect to. */
  allowRedirectTo?: readonly string[]
  ration?: Ration
  /** Hears how long each request waited for the head of its answer. */
  onAnswered?: (ms: number) => void
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
  return { allowRedirectTo: [], ration: UNLIMITED, onAnswered: () => undefined, ...LIMITS.origin.defaults, ...options }
}
