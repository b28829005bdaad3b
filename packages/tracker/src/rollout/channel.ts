/** What a staged channel stands at, between its rollouts. */
import { WITHDRAWN_MAX, type ChannelPolicy, type RolloutTerms, type Withdrawn } from '@shoal/release'
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

/**
 * What the channel stands at once one of its rollouts, the last or an older one, is in this state. Doing it twice is doing it once.
 */
export function settleChannel(channel: Channel, { id, version, base, state, returns }: Rollout): Channel {
  const others = channel.withdrawn.filter((gone) => gone.version !== version)
  if (state === 'completed') return { ...channel, base: version }
  // Only the last one of a channel is ever open; what is rolled out again is not withdrawn any more.
  if (state === 'running' || state === 'paused') return { ...channel, withdrawn: others, rollout: id }
  if (state !== 'halted' || !returns) return channel
  const settled: Channel = { ...channel, withdrawn: [...others, { version, rollout: id }].slice(-WITHDRAWN_MAX) }
  if (settled.base === version && base !== undefined) settled.base = base
  return settled
}

/** What devices are told of a channel. */
export function describeChannel(
  { product, channel, base, steps, withdrawn }: Channel,
  last: Rollout | undefined,
): ChannelPolicy {
  return {
    product,
    channel,
    ...(base === undefined ? {} : { base }),
    steps,
    withdrawn,
    ...(last === undefined || last.state === 'superseded'
      ? {}
      : { rollout: { ...termsOf(last), state: last.state, openedAtMs: last.openedAtMs } }),
  }
}

/** The part of a rollout that devices see, and nothing else of it. */
export function termsOf(rollout: RolloutTerms): RolloutTerms {
  const { id, version, rings, spreadSeconds, windows, download, soakSeconds, timeoutSeconds } = rollout
  return { id, version, rings, spreadSeconds, windows, download, soakSeconds, timeoutSeconds }
}
