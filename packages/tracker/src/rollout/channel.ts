/** What a staged channel stands at, between its rollouts. */
import { WITHDRAWN_MAX, type Withdrawn } from '@shoal/release'
import type { Rollout } from './rollout.ts'

/** Kept by the store beside the rollouts, and changed in the same transaction as they are. */
export interface Channel {
  product: string
  channel: string
  /** What every device of the channel may install. */
  base?: string
  /** Versions that must not be skipped. */
  steps: readonly string[]
  /** Versions that nobody should have; the newest last. */
  withdrawn: readonly Withdrawn[]
  /** Id of the rollout that the policy tells of: the last one. */
  rollout?: string
}

/** What the channel stands at once its last rollout is in this state. Doing it twice is doing it once. */
export function settleChannel(channel: Channel, { id, version, base, state, returns }: Rollout): Channel {
  const withdrawn = channel.withdrawn.filter((gone) => gone.version !== version)
  const settled: Channel = { ...channel, withdrawn, rollout: id }
  if (state === 'completed') settled.base = version
  if (state !== 'halted') return settled
  if (returns) settled.withdrawn = [...withdrawn, { version, rollout: id }].slice(-WITHDRAWN_MAX)
  if (settled.base !== version) return settled
  // It was completed, and is taken back.
  delete settled.base
  return base === undefined ? settled : { ...settled, base }
}
