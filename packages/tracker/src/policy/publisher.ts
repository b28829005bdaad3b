/** Keeps what was decided together with the policy that follows from it: devices never hear of a change that is not stored, nor the other way round. */
import { parsePolicy, ReleaseError, type EnrolmentSigner, type Policy } from '@shoal/release'
import { TrackerError } from '../error.ts'
import type { Change, RolloutStore, StoredPolicy } from '../store/store.ts'
import { draftPolicy, encodePolicy, type ChannelState } from './sign.ts'

export interface Publisher {
  /**
   * All or nothing; without a change, a policy that grows old is signed anew. `conflict`: another tracker was quicker, decide again.
   * @throws TrackerError INVALID for a policy that no device would take, STORE_UNAVAILABLE
   */
  publish(change: Omit<Change, 'policy'>): Promise<'changed' | 'conflict'>
}

interface PublisherDeps {
  store: Pick<RolloutStore, 'channelStates' | 'policy' | 'change'>
  key: EnrolmentSigner
  /** Epoch ms. */
  now: () => number
  /** What devices were given before there was anything in the store: theirs never goes back. */
  earlierPolicy?: Uint8Array | undefined
  /** It is stored, and is for devices to have. */
  onPolicy: (policy: StoredPolicy) => void
}

export function createPublisher({ store, key, now, earlierPolicy, onPolicy }: PublisherDeps): Publisher {
  let last: { document: Uint8Array; policy: Policy } | undefined

  function read(document: Uint8Array): Policy {
    if (last === undefined || Buffer.compare(last.document, document) !== 0) {
      last = { document, policy: parsePolicy(document).policy }
    }
    return last.policy
  }

  return {
    async publish(change) {
      const [stored, channels] = await Promise.all([store.policy(), store.channelStates()])
      const document = stored?.document ?? earlierPolicy
      const nowMs = now()
      const after = statesAfter(channels, change)
      const isFirst = document === undefined && after.length === 0
      const draft = isFirst ? undefined : draftPolicy(document && read(document), after, nowMs)
      const policy = draft === undefined ? undefined : sign(draft, key, nowMs)
      if (policy === undefined && isEmpty(change)) return 'changed'
      const outcome = await store.change({ ...change, ...(policy === undefined ? {} : { policy }) })
      if (outcome === 'changed' && policy !== undefined) onPolicy(policy)
      return outcome
    },
  }
}

function isEmpty({ rollouts = [], channels = [], audit }: Omit<Change, 'policy'>): boolean {
  return rollouts.length + channels.length + audit.length === 0
}

/** The channels as they will be, each with the rollout that it names. */
function statesAfter(before: readonly ChannelState[], change: Pick<Change, 'rollouts' | 'channels'>): ChannelState[] {
  const states = new Map(before.map((state) => [nameOf(state.channel), state]))
  for (const { next } of change.channels ?? []) {
    states.set(nameOf(next), { channel: next, last: states.get(nameOf(next))?.last })
  }
  const changed = new Map((change.rollouts ?? []).map(({ next }) => [next.id, next]))
  return [...states.values()].map(({ channel, last }) => ({
    channel,
    last: (channel.rollout === undefined ? undefined : changed.get(channel.rollout)) ?? last,
  }))
}

function nameOf({ product, channel }: { product: string; channel: string }): string {
  return `${product}@${channel}`
}

function sign(draft: Policy, key: EnrolmentSigner, nowMs: number): StoredPolicy {
  try {
    const document = encodePolicy(draft, key)
    return { version: draft.version, expiresMs: draft.expires.getTime(), createdMs: nowMs, document }
  } catch (cause) {
    if (!(cause instanceof ReleaseError)) throw cause
    throw new TrackerError('INVALID', `no device would take the policy that follows from it: ${cause.message}`, {
      cause,
      fix: 'name fewer devices, sites and labels in the rings, or groups in their place',
    })
  }
}
