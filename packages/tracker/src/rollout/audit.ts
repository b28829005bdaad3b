import type { NewAuditEntry } from '../store/store.ts'
import type { Rollout, RolloutEvent } from './rollout.ts'

/** What happened to a rollout, in words for people. */
export function auditOf(rollout: Rollout, { type, by, atMs, ring, reason }: RolloutEvent): NewAuditEntry {
  const { id, product, channel, version } = rollout
  const what = ring === undefined ? `${product}@${channel} ${version} ${type}` : `ring ${ring} ${type}`
  const text = reason === undefined ? what : `${what}: ${reason}`
  return { atMs, by, action: `rollout.${type}`, subject: id, rollout: id, text }
}
