/** Keeps a running peer a member: asks trackers for news of its membership, saves them, and says when it is over. */
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { askAboutMembership, keepToMembers, type Membership } from '@shoal/tracker/client'
import { createAlarm } from '../alarm.ts'
import { connectTo } from '../discovery/connect.ts'
import type { OnEvent } from '../events.ts'
import { jitteredMs } from '../discovery/pacing.ts'
import { repeat } from '../discovery/repeat.ts'
import { LIMITS } from '../limits.ts'
import { writeMembership } from './file.ts'
import { endOf, type OpenedMembership } from './open.ts'

export interface KeepConfig {
  stateDir: string
  trackers: readonly Multiaddr[]
  /** Between two questions. */
  askMs: number
  onEvent: OnEvent
}

export interface KeptMembership extends AsyncDisposable {
  readonly membership: Membership
  /** Aborts, with a PeerError MEMBERSHIP_ENDED, when this peer is no member any more. */
  readonly ended: AbortSignal
}

export function keepMembership(
  node: Libp2p,
  { membership, stored }: OpenedMembership,
  config: KeepConfig,
): KeptMembership {
  const stopping = new AbortController()
  const ended = new AbortController()
  const keeping = keepToMembers(node, membership)
  let saving: Promise<void> = Promise.resolve()

  function look(): void {
    const end = endOf(membership)
    if (end === undefined || ended.signal.aborted) return
    config.onEvent('membership-ended', { code: end.code, message: end.message })
    ended.abort(end)
    stopping.abort(end)
  }

  async function save(): Promise<void> {
    try {
      const { credentialBytes: credential } = membership
      await writeMembership(config.stateDir, { ...stored, credential, revocations: membership.revocations() })
    } catch (error) {
      // The next change is saved with this one; until then a restart would ask again.
      config.onEvent('membership-not-saved', { error })
    }
  }

  const stopListening = membership.onChange(() => {
    config.onEvent('membership', { expires: membership.credential.expires, revocations: membership.sequence })
    saving = saving.then(save)
    look()
  })
  const looking = setInterval(look, LIMITS.membership.lookMs)
  const asking = Promise.all(
    config.trackers.map((address) => askRepeatedly(node, membership, address, config, stopping.signal)),
  )

  return {
    membership,
    ended: ended.signal,
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'))
      clearInterval(looking)
      stopListening()
      keeping[Symbol.dispose]()
      await asking
      await saving
    },
  }
}

/** In its last third a credential should long have been renewed. */
function isEnding({ credential: { issued, expires } }: Membership): boolean {
  return Date.now() / 1_000 > expires - (expires - issued) / 3
}

async function askRepeatedly(
  node: Libp2p,
  membership: Membership,
  address: Multiaddr,
  { askMs, onEvent }: KeepConfig,
  signal: AbortSignal,
): Promise<void> {
  const once = async (): Promise<number> => {
    const tracker = await connectTo(node, address, signal)
    await askAboutMembership(node, tracker, membership, Math.floor(Date.now() / 1_000), { signal })
    return jitteredMs(askMs, Math.random)
  }
  await repeat(once, {
    signal,
    random: Math.random,
    alarm: createAlarm(),
    retry: { minMs: LIMITS.membership.retryMinMs, maxMs: askMs },
    onFailure: (error, failures) =>
      onEvent(isEnding(membership) ? 'membership-ending' : 'membership-unconfirmed', {
        ...{ address: address.toString(), failures, error },
        expires: new Date(membership.credential.expires * 1_000).toISOString(),
      }),
  })
}
