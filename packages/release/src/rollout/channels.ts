/** What a policy says of each channel, read strictly: unknown keys, and anything out of bounds, refuse the whole. */
import { POLICY_CHANNELS_MAX, STEPS_MAX, WITHDRAWN_MAX } from '../limits.ts'
import { isRecord } from '../manifest/wire.ts'
import { hasOnly, isListOf, isName, isRolloutId, isVersion } from './fields.ts'
import type { ChannelPolicy, Withdrawn } from './policy.ts'
import { refusePolicy } from './refuse.ts'
import { parseRollout } from './terms.ts'

/** @throws ReleaseError POLICY_INVALID */
export function readChannels(value: unknown): ChannelPolicy[] {
  if (!Array.isArray(value) || value.length > POLICY_CHANNELS_MAX) {
    refusePolicy('policy-channels', `the channels are no list of at most ${POLICY_CHANNELS_MAX}`)
  }
  const channels = value.map(readChannel)
  if (new Set(channels.map(({ product, channel }) => `${product}@${channel}`)).size !== channels.length) {
    refusePolicy('policy-channels', 'a channel stands twice')
  }
  return channels
}

function readChannel(value: unknown): ChannelPolicy {
  if (!isRecord(value) || !hasOnly(value, ['product', 'channel', 'steps', 'withdrawn'], ['base', 'rollout'])) {
    refusePolicy('policy-shape', 'a channel has other keys than product, channel, base, steps, withdrawn and rollout')
  }
  const { product, channel, base, steps, withdrawn, rollout } = value
  if (!isName(product) || !isName(channel)) refusePolicy('policy-names', 'a product or channel is no name')
  if (base !== undefined && !isVersion(base)) refusePolicy('policy-versions', 'a base is no version')
  return {
    product,
    channel,
    ...(base === undefined ? {} : { base }),
    steps: readSteps(steps),
    withdrawn: readWithdrawn(withdrawn),
    ...(rollout === undefined ? {} : { rollout: parseRollout(rollout) }),
  }
}

function readSteps(value: unknown): string[] {
  if (!isListOf(value, STEPS_MAX, isVersion) || new Set(value).size !== value.length) {
    refusePolicy('policy-versions', `the steps are no list of at most ${STEPS_MAX} versions, each once`)
  }
  return value
}

function readWithdrawn(value: unknown): Withdrawn[] {
  if (
    !isListOf(value, WITHDRAWN_MAX, isWithdrawn) ||
    new Set(value.map(({ version }) => version)).size !== value.length
  ) {
    refusePolicy('policy-versions', `what is withdrawn is no list of at most ${WITHDRAWN_MAX} versions, each once`)
  }
  return value
}

function isWithdrawn(value: unknown): value is Withdrawn {
  if (!isRecord(value) || !hasOnly(value, ['version', 'rollout'])) return false
  return isVersion(value['version']) && isRolloutId(value['rollout'])
}
