/** The rounds of a cache: it holds what devices will want, and activates nothing. */
import type { ChannelPolicy, FoundRelease } from '@shoal/release'
import type { Destination } from '../destination.ts'
import type { Peer } from '../peer.ts'
import { newestOf, type Offered } from '../trust/index.ts'
import { update } from '../update.ts'
import { askForPolicy, type AskTracker } from './ask-policy.ts'
import type { Rounds } from './round.ts'

export function createCacheRounds(peer: Peer, destination: Destination, askTracker: AskTracker): Rounds {
  const { product, channel } = destination.target
  let isStaged = false

  function choose(offered: Offered): FoundRelease | undefined {
    isStaged = offered.isStaged
    const line = peer.trust.policy()?.channels.find((each) => each.product === product && each.channel === channel)
    const version = isStaged && line !== undefined ? wantedVersion(line) : undefined
    return offered.releases.find((each) => each.version === version) ?? newestOf(offered.releases)
  }

  return {
    installed: () => Promise.resolve(undefined),
    lastFailure: () => undefined,
    isByPolicy: () => isStaged,
    async next(_ask, options) {
      if (isStaged) await askForPolicy(peer, askTracker, { widely: true, signal: options.signal })
      const result = await update(peer, destination, options, choose)
      if (result.changed) options.onInstalled(result)
      return { turn: { do: 'stay', reason: 'up-to-date' }, result }
    },
  }
}

/** What comes next to the channel's devices. */
function wantedVersion({ rollout, base }: ChannelPolicy): string | undefined {
  return rollout === undefined || rollout.state === 'halted' ? base : rollout.version
}
