import type { ReleaseId, ReleaseTarget } from '@shoal/release'
import { REUSE_RELEASES_MAX } from '../limits.ts'
import type { PublishContext } from './context.ts'

/**
 * Releases of the product that the origin should have, the nearest first: this one, if it was published before, what the channel
 * offers, and what this repository published last, on whatever channel and for whatever platform.
 */
export function listPredecessors({
  existing,
  latest,
  ledger,
  origin,
  target,
}: Pick<PublishContext, 'existing' | 'latest' | 'ledger' | 'target'> & { origin: { uri: string } }): ReleaseId[] {
  const offered = [existing, latest].filter((release): release is ReleaseTarget => release !== undefined)
  const published = ledger.filter((entry) => entry.product === target.product && entry.origin === origin.uri)
  const ids = [...offered, ...published.toReversed()].map((found) => found.release)
  return [...new Set(ids)].slice(0, REUSE_RELEASES_MAX)
}
