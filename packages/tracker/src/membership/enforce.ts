/** Cuts connections to those who are members no longer, and all of them once this node is none. */
import type { Libp2p, PeerId } from '@libp2p/interface'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Membership } from './membership.ts'

export function keepToMembers(
  node: Pick<Libp2p, 'getConnections' | 'addEventListener' | 'removeEventListener'>,
  membership: Membership,
): Disposable {
  function sweep(): void {
    const isOwnMember = membership.standing() === 'member'
    for (const connection of node.getConnections()) {
      const judgement = membership.judge(connection.remotePeer.toString()) ?? 'unknown'
      if (isOwnMember && judgement === 'member') continue
      connection.abort(new TrackerError('NOT_A_MEMBER', `${connection.remotePeer.toString()}: ${judgement}`))
    }
  }
  const onDisconnect = ({ detail }: CustomEvent<PeerId>): void => {
    if (node.getConnections(detail).length === 0) membership.forget(detail.toString())
  }
  node.addEventListener('peer:disconnect', onDisconnect)
  const stop = membership.onChange(sweep)
  const sweeping = setInterval(sweep, LIMITS.memberSweepMs)
  return {
    [Symbol.dispose]() {
      clearInterval(sweeping)
      stop()
      node.removeEventListener('peer:disconnect', onDisconnect)
    },
  }
}
