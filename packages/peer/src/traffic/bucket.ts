/**
 * A rate that is kept to: whatever is moved has to be paid for by time before more may be. Pure; the caller brings the clock.
 * Over any time T no more is moved than rate × (T + 300 ms) and the last piece: within 5 % over 10 s for pieces below 200 ms.
 */

/** So much unused time can be made up for, so that a late timer or a slow answer costs nothing; less where it must be even. */
const BURST_MS = 300
const EVEN_BURST_MS = 50
/** What is moved at once covers this much time, so that those who share a rate take turns often. */
const GRAIN_MS = 50
const GRAIN_BYTES_MIN = 4 << 10
const GRAIN_BYTES_MAX = 256 << 10

export interface Bucket {
  /** Bytes a second; 0 lets nothing through, Infinity everything. */
  rate: number
  /** When everything that was moved is paid for. */
  paidMs: number
  /** Whether hardly anything may be made up for. */
  isEven: boolean
}

export function startBucket(rate: number, nowMs: number): Bucket {
  return { rate, paidMs: nowMs, isEven: false }
}

/** How long until more may be moved. */
export function waitMs(bucket: Bucket, nowMs: number): number {
  return bucket.rate === 0 ? Infinity : Math.max(0, bucket.paidMs - nowMs)
}

/** Takes note of bytes that are moved now. They may be more than is due: what comes next waits for longer. */
export function spend(bucket: Bucket, bytes: number, nowMs: number): void {
  if (bucket.rate === 0) return
  const burstMs = bucket.isEven ? EVEN_BURST_MS : BURST_MS
  bucket.paidMs = Math.max(bucket.paidMs, nowMs - burstMs) + (bytes * 1000) / bucket.rate
}

/** What is still owed is paid at the new rate. */
export function changeRate(bucket: Bucket, rate: number, nowMs: number): void {
  const owedMs = Math.max(0, bucket.paidMs - nowMs)
  const owedBytes = owedMs === 0 ? 0 : (owedMs * bucket.rate) / 1000
  bucket.rate = rate
  bucket.paidMs = nowMs + (owedBytes === 0 || rate === 0 ? 0 : (owedBytes * 1000) / rate)
}

/** How much to move at once; everything where there is no limit. */
export function grainBytes(rate: number): number {
  if (rate === Infinity) return Infinity
  return Math.min(GRAIN_BYTES_MAX, Math.max(GRAIN_BYTES_MIN, Math.floor((rate * GRAIN_MS) / 1000)))
}
