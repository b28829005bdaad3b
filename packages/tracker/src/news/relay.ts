/** The tracker's part: it hears what is new, tells it on between sites, and says when revocations change. */
import type { Libp2p } from '@libp2p/interface'
import { ReleaseError } from '@shoal/release'
import type { Membership } from '../membership/membership.ts'
import { followNews, type News, type Worth } from './news.ts'
import { weighRevocations, weighTimestamp } from './weigh.ts'

interface RelayConfig {
  fleet: string
  root: Uint8Array | undefined
  membership: Membership | undefined
  /** Of a tracker with a store: whether a policy that came is older than its own. */
  isKnownPolicy?: ((document: Uint8Array) => boolean) | undefined
  /** A timestamp came that is newer than any before. */
  onTimestamp?: (document: Uint8Array) => void
}

export interface Relay extends Disposable {
  /** Tells everybody who listens of a document that this tracker made itself. */
  tell: News['tell']
  /** A timestamp that came another way; if it is news, it is told. */
  hearTimestamp(document: Uint8Array): void
}

export function relayNews(node: Libp2p, { fleet, root, membership, isKnownPolicy, onTimestamp }: RelayConfig): Relay {
  const known = { roots: root === undefined ? [] : [root], roles: new Map<string, Uint8Array>() }
  const stack = new DisposableStack()
  const news = stack.use(
    followNews(node, {
      fleet,
      weigh: {
        ...(root === undefined ? {} : { timestamp: keepNewest }),
        ...(membership === undefined
          ? {}
          : { revocations: (document: Uint8Array) => weighRevocations(document, membership) }),
        ...(isKnownPolicy === undefined ? {} : { policy: weighOtherPolicy(isKnownPolicy) }),
      },
      onUnreadable: hangUp,
    }),
  )

  function keepNewest(document: Uint8Array): ReturnType<typeof weighTimestamp> {
    const worth = weighTimestamp(document, known, new Date())
    if (worth !== 'news') return worth
    known.roles.set('timestamp', document)
    onTimestamp?.(document)
    return worth
  }

  function hangUp(peer: string): void {
    for (const connection of node.getConnections()) {
      if (connection.remotePeer.toString() === peer) connection.abort(new Error('unreadable news'))
    }
  }

  if (membership !== undefined) {
    stack.defer(
      membership.onChange(() => {
        const document = membership.revocations()
        if (document !== undefined) news.tell('revocations', document)
      }),
    )
  }
  const relay = stack.move()
  return {
    tell: (subject, document) => news.tell(subject, document),
    hearTimestamp(document) {
      if (root !== undefined && keepNewest(document) === 'news') news.tell('timestamp', document)
    },
    [Symbol.dispose]: () => relay.dispose(),
  }
}

/** This tracker has no metadata to verify one by, and passes on only what comes from its store. */
function weighOtherPolicy(isKnown: (document: Uint8Array) => boolean): (document: Uint8Array) => Worth {
  return (document) => {
    try {
      return isKnown(document) ? 'known' : 'unproven'
    } catch (error) {
      if (error instanceof ReleaseError) return 'unreadable'
      throw error
    }
  }
}
