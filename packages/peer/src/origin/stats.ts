/** What an origin client did so far. Bytes are those of bodies, as they came over the wire. */
export interface OriginStats {
  requests: number
  wireBytes: number
  /** Of them, what was thrown away: corrupt frames, answers too long, whole objects sent instead of a range. */
  wastedBytes: number
  /** Of them, what lay between wanted frames and was read over because that is cheaper than another request. */
  gapBytes: number
  retries: number
  /** Failed requests and frames by reason: STATUS_503, TIMEOUT, CORRUPT, … */
  errors: Record<string, number>
}

export function createStats(): OriginStats {
  return { requests: 0, wireBytes: 0, wastedBytes: 0, gapBytes: 0, retries: 0, errors: {} }
}

export function countError(stats: OriginStats, reason: string): void {
  stats.errors[reason] = (stats.errors[reason] ?? 0) + 1
}
