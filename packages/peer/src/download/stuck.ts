import { PeerError } from '../error.ts'
import type { Waiting } from '../swarm/index.ts'

/** Why a download ends that has got nothing for so long. */
export function stuck(waiting: Waiting, giveUpMs: number): PeerError {
  const why = [
    waiting.nobody > 0 ? `${waiting.nobody} spans that no neighbour has (the origin is not to be asked)` : '',
    waiting.origin > 0 ? `${waiting.origin} spans that only the origin has, and it does not deliver` : '',
    waiting.owner > 0 ? `${waiting.owner} spans that another peer of the site fetches` : '',
    waiting.busy > 0 ? `${waiting.busy} spans whose holders do not deliver` : '',
  ].filter((part) => part !== '')
  return new PeerError('TIMEOUT', `no byte in ${Math.round(giveUpMs / 1000)} s; waiting for ${why.join(', ')}`)
}
