/** Bytes come by the record, more than ten thousand times a second: the planner is told of them when it plans. */
import type { Source } from '../swarm/index.ts'

export interface Arrival {
  readonly from: Source
  readonly span: number
  bytes: number
}

export interface Arrivals {
  readonly add: (from: Source, span: number, bytes: number) => void
  /** What came since the last call, in the order of the first byte of each. */
  take(): readonly Arrival[]
}

export function createArrivals(): Arrivals {
  const arrived: Arrival[] = []
  return {
    add(from, span, bytes) {
      // A link answers one request after the other.
      const last = arrived.at(-1)
      if (last?.span === span && last.from === from) last.bytes += bytes
      else arrived.push({ from, span, bytes })
    },
    take: () => arrived.splice(0),
  }
}
