/** Documents that are gossiped: whatever they are, they are weighed, and what cannot be read is its bearer's fault. */
import { weighRevocations, weighTimestamp } from '@shoal/tracker/client'
import { membershipOf, revoking } from '../../../packages/tracker/src/fixture/fleet.ts'
import { KEYS, repository, rootSigned, signedBy } from '../../trust/author.ts'
import { mustHold, type Target } from '../target.ts'
import { OTHER, PEER } from './peers.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

export const NEWS_TARGETS: Target[] = [
  { name: 'news-timestamp', refusals: [], samples: () => [{ bytes: timestampOf(2), read: readTimestamp }] },
  { name: 'news-revocations', refusals: [], samples: () => [{ bytes: revoking(2, OTHER), read: readRevocations }] },
]

function timestampOf(version: number): Uint8Array {
  return repository({ timestamp: { version } })['timestamp.json'] ?? new Uint8Array()
}

function readTimestamp(bytes: Uint8Array): string | undefined {
  const known = { roots: [signedBy(rootSigned(), KEYS.root)], roles: new Map([['timestamp', timestampOf(1)]]) }
  const worth = weighTimestamp(bytes, known, NOW)
  return worth === 'news' ? worth : undefined
}

function readRevocations(bytes: Uint8Array): string | undefined {
  const membership = membershipOf(PEER)
  const worth = weighRevocations(bytes, membership)
  mustHold(membership.sequence > 0 === (worth === 'news'), 'what is news is kept, and nothing else is')
  return worth === 'news' ? worth : undefined
}
