/** What this peer hears and tells of new releases, policies and revocations. Hearing of a release only rings: followers look for themselves. */
import type { Libp2p } from '@libp2p/interface'
import { checkMetadata, METADATA_BYTES_MAX, metadataFile, POLICY_BYTES_MAX, POLICY_FILE } from '@shoal/release'
import { followNews, weighPolicy, weighRevocations, weighTimestamp, type Membership } from '@shoal/tracker/client'
import type { OnEvent } from '../events.ts'
import { LIMITS } from '../limits.ts'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import type { Trust } from '../trust/index.ts'

export interface PeerNews extends Disposable {
  /** Called when a timestamp is heard of that is newer than what this peer has. Returns how to stop. */
  onHint(listener: () => void): () => void
  /** Weighs what came from elsewhere than a neighbour, as what a neighbour tells. */
  hear(subject: 'timestamp' | 'policy', document: Uint8Array): void
  /** A policy of this version is said to be somewhere; if this peer has none as new, followers look for it. */
  hearOfPolicy(version: number): void
  /** Whether newer metadata was heard of than this peer has found. */
  isBehind(): boolean
}

export interface NewsDeps {
  fleet: string
  trust: Trust
  membership: Membership | undefined
  neighbours: Pick<Neighbours, 'ban' | 'onLinked'>
  onEvent: OnEvent
}

export function startNews(node: Libp2p, { fleet, trust, membership, neighbours, onEvent }: NewsDeps): PeerNews {
  const stack = new DisposableStack()
  const stopping = new AbortController()
  const listeners = new Set<() => void>()
  /** The newest version that was heard of. */
  let heard = 0

  function hear(timestamp: Uint8Array): ReturnType<typeof weighTimestamp> {
    const worth = weighTimestamp(timestamp, trust.files(), trust.now())
    if (worth !== 'news') return worth
    const { version } = checkMetadata('timestamp', timestamp, METADATA_BYTES_MAX.timestamp)
    if (version > heard) {
      heard = version
      onEvent('news', { timestamp: version })
      ring()
    }
    return worth
  }

  function ring(): void {
    for (const listener of listeners) listener()
  }

  const hearPolicy = (document: Uint8Array): ReturnType<typeof weighPolicy> =>
    weighPolicy(document, (bytes) => trust.takePolicy(bytes))

  const news = stack.use(
    followNews(node, {
      fleet,
      weigh: {
        timestamp: hear,
        policy: hearPolicy,
        ...(membership === undefined
          ? {}
          : { revocations: (document: Uint8Array) => weighRevocations(document, membership) }),
      },
      onUnreadable: (peer) => neighbours.ban(peer, 'unreadable news'),
    }),
  )
  /** What was told before a neighbour came, it is asked for. */
  async function ask({ key, requester }: Neighbour): Promise<void> {
    try {
      const file = metadataFile('timestamp')
      const [timestamp, policy] = await Promise.all([
        requester?.fetchMetadata(file, METADATA_BYTES_MAX.timestamp, stopping.signal),
        requester?.fetchMetadata(POLICY_FILE, POLICY_BYTES_MAX, stopping.signal),
      ])
      const worths = [
        timestamp === undefined ? 'known' : hear(timestamp),
        policy === undefined ? 'known' : hearPolicy(policy),
      ]
      if (worths.includes('unreadable')) neighbours.ban(key, 'unreadable news')
    } catch (error) {
      if (!stopping.signal.aborted) throw error
    }
  }

  function repeat(): void {
    const timestamp = trust.file(metadataFile('timestamp'))
    if (timestamp !== undefined) news.tell('timestamp', timestamp)
    const policy = trust.file(POLICY_FILE)
    if (policy !== undefined) news.tell('policy', policy)
  }

  stack.defer(neighbours.onLinked((neighbour) => void ask(neighbour)))
  stack.defer(trust.onNews((timestamp) => news.tell('timestamp', timestamp)))
  stack.defer(trust.onPolicy((document) => news.tell('policy', document)))
  const repeating = setInterval(repeat, LIMITS.newsRepeatMs)
  stack.defer(() => clearInterval(repeating))
  stack.defer(() => stopping.abort(new Error('stopping')))
  if (membership !== undefined) {
    stack.defer(
      membership.onChange(() => {
        const document = membership.revocations()
        if (document !== undefined) news.tell('revocations', document)
      }),
    )
  }

  return {
    onHint(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    hear(subject, document) {
      const worth = subject === 'timestamp' ? hear(document) : hearPolicy(document)
      if (worth === 'unreadable') onEvent('news-unreadable', { subject })
    },
    hearOfPolicy(version) {
      if (version > (trust.policy()?.version ?? 0)) ring()
    },
    isBehind: () => heard > (trust.status().versions['timestamp'] ?? 0),
    [Symbol.dispose]: () => stack.dispose(),
  }
}
