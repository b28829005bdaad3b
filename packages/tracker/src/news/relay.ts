/** The tracker's part: it hears what is new, tells it on between sites, and says when revocations change. */
import type { Libp2p } from '@libp2p/interface'
import type { Membership } from '../membership/membership.ts'
import { followNews } from './news.ts'
import { weighRevocations, weighTimestamp } from './weigh.ts'

interface RelayConfig {
  fleet: string
  root: Uint8Array | undefined
  membership: Membership | undefined
}

export function relayNews(node: Libp2p, { fleet, root, membership }: RelayConfig): Disposable {
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
      },
      onUnreadable: hangUp,
    }),
  )

  function keepNewest(document: Uint8Array): ReturnType<typeof weighTimestamp> {
    const worth = weighTimestamp(document, known, new Date())
    if (worth === 'news') known.roles.set('timestamp', document)
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
  return stack
}
