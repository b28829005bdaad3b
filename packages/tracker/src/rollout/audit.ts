import type { NewAuditEntry } from '../store/store.ts'
import type { Rollout, RolloutEvent } from './rollout.ts'

/** What happened to a rollout, in words for people. */
export function auditOf(rollout: Rollout, { type, by, atMs, ring, reason }: RolloutEvent): NewAuditEntry {
  const { id, product, channel, version, base, returns } = rollout
  const what = ring === undefined ? `${product}@${channel} ${version} ${type}` : `ring ${ring} ${type}`
  const because = reason === undefined ? '' : `: ${reason}`
  const back = type === 'halted' && returns && base !== undefined ? `; devices that have it go back to ${base}` : ''
  return {
    ...{ atMs, by, action: `rollout.${type}`, subject: id, rollout: id },
    ...(ring === undefined ? {} : { ring }),
    text: `${what}${because}${back}`,
  }
}
