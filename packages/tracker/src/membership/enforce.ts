/** Cuts connections to those who are members no longer, and all of them once this node is none. */
import type { Libp2p } from '@libp2p/interface'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { Membership } from './membership.ts'

export function keepToMembers(node: Pick<Libp2p, 'getConnections'>, membership: Membership): Disposable {
  function sweep(): void {
    const isOwnMember = membership.standing() === 'member'
    const connected = new Set<string>()
    for (const connection of node.getConnections()) {
      const remote = connection.remotePeer.toString()
      connected.add(remote)
      const judgement = membership.judge(remote) ?? 'unknown'
      if (isOwnMember && judgement === 'member') continue
      connection.abort(new TrackerError('NOT_A_MEMBER', `${remote}: ${judgement}`))
    }
    membership.forgetIdle((remote) => connected.has(remote))
  }
  const stop = membership.onChange(sweep)
  const sweeping = setInterval(sweep, LIMITS.memberSweepMs)
  return {
    [Symbol.dispose]() {
      clearInterval(sweeping)
      stop()
    },
  }
}
