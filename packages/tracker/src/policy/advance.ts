/** What the engine does with what devices told: each rollout that runs is decided on, and what changed is published. */
import { auditOf } from '../rollout/audit.ts'
import { settleChannel } from '../rollout/channel.ts'
import { decide } from '../rollout/decide.ts'
import { soakLeftMs } from '../rollout/gate.ts'
import type { Decision } from '../rollout/rollout.ts'
import type { Change, NewAuditEntry, RolloutStore, StoredChannel } from '../store/store.ts'
import type { Publisher } from './publisher.ts'

interface AdvanceDeps {
  store: Pick<RolloutStore, 'channelStates' | 'ringTotals'>
  publisher: Publisher
  /** Epoch ms. */
  now: () => number
}

/**
 * Devices must have their places before. Where another tracker was quicker, there is the next time.
 * @returns milliseconds until the soak of a gate is over; Infinity when no gate holds
 */
export async function advance({ store, publisher, now }: AdvanceDeps): Promise<number> {
  const rollouts: NonNullable<Change['rollouts']>[number][] = []
  const channels: NonNullable<Change['channels']>[number][] = []
  const audit: NewAuditEntry[] = []
  let dueInMs = Infinity
  for (const { channel, last } of await store.channelStates()) {
    if (last?.state !== 'running') continue
    const decision = decide(last, await store.ringTotals(last.id, now()), now())
    dueInMs = Math.min(dueInMs, soakLeftMs(decision.rollout, now()))
    if (decision.rollout === last) continue
    rollouts.push({ next: decision.rollout, from: last.revision })
    channels.push({ next: settled(channel, decision), from: channel.revision })
    audit.push(...decision.events.map((event) => auditOf(decision.rollout, event)))
  }
  await publisher.publish({ rollouts, channels, audit })
  return dueInMs
}

function settled(channel: StoredChannel, { rollout }: Decision): StoredChannel {
  return { ...settleChannel(channel, rollout), revision: channel.revision + 1 }
}
