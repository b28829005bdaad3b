/** Asks everybody who may have a newer policy: trackers, neighbours, the origin. What they say is weighed like news. */
import type { Multiaddr } from '@multiformats/multiaddr'
import { POLICY_BYTES_MAX, POLICY_FILE, ReleaseError } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import type { Peer } from '../peer.ts'

/** Undefined when the tracker has none that is newer than the version. */
export type AskTracker = (
  tracker: Multiaddr,
  knownVersion: number,
  signal: AbortSignal,
) => Promise<Uint8Array | undefined>

export interface AskOptions {
  /** Whether neighbours and the origin are asked, too; between times, neighbours tell what is new by themselves. */
  widely: boolean
  signal: AbortSignal
}

/** Returns when all have answered, or were waited for long enough. Never rejects: who cannot be asked has nothing to say. */
export async function askForPolicy(peer: Asked, askTracker: AskTracker, { widely, signal }: AskOptions): Promise<void> {
  const { trust, trackers, neighbours } = peer
  const until = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.rollout.policyWaitMs)])
  const version = trust.policy()?.version ?? 0

  async function hear(from: string, fetch: () => Promise<Uint8Array | undefined>): Promise<boolean> {
    try {
      const document = await fetch()
      if (document !== undefined) trust.takePolicy(document)
      return true
    } catch (error) {
      peer.onEvent('policy-unheard', { from, error })
      return !(error instanceof ReleaseError && error.code !== 'METADATA_UNTRUSTED')
    }
  }

  const fromOrigin = widely ? peer.askableOrigin() : undefined
  await Promise.all([
    ...trackers.map((tracker) => hear(tracker.toString(), () => askTracker(tracker, version, until))),
    ...(widely ? neighbours.linked() : []).map(async ({ key, requester }) => {
      const isReadable = await hear(key, async () => requester?.fetchMetadata(POLICY_FILE, POLICY_BYTES_MAX, until))
      if (!isReadable) neighbours.ban(key, 'a policy that cannot be read')
    }),
    fromOrigin === undefined
      ? undefined
      : hear(fromOrigin.url, () => fromOrigin.fetchMetadata(POLICY_FILE, POLICY_BYTES_MAX, { signal: until })),
  ])
}

type Asked = Pick<Peer, 'trust' | 'trackers' | 'neighbours' | 'askableOrigin' | 'onEvent'>
