/** Whom a neighbour names. What was taken is told to others, who must take it too: they would ban this peer for it. */
import { PeerError } from '../../../packages/peer/src/error.ts'
import { decodePeerList, encodePeerList } from '../../../packages/peer/src/links/peer-list.ts'
import { encode } from '../../vectors/generate/cbor.ts'
import { mustHold, type Target } from '../target.ts'

export const PEER = '12D3KooWJ9LxSL3dNZc7AcX3HNcCBdL8JZtFPr27gVNU1MuXQpDh'
export const OTHER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
export const ADDRESSES = [`/ip4/192.0.2.7/tcp/7070/p2p/${PEER}`, '/dns6/peer.example/tcp/443', '/ip6/2001:db8::1/tcp/1']

export const PEER_TARGETS: Target[] = [
  {
    name: 'peer-list',
    refusals: [PeerError],
    samples: () => [
      {
        bytes: encode([
          { id: PEER, addrs: ADDRESSES },
          { id: OTHER, addrs: ['/ip4/10.0.0.1/tcp/7070'] },
        ]),
        read(bytes) {
          const list = decodePeerList(bytes)
          mustHold(isTaken(encodePeerList(list)), 'what was taken can be told')
          return list
        },
      },
    ],
  },
]

function isTaken(told: Uint8Array): boolean {
  try {
    decodePeerList(told)
    return true
  } catch {
    return false
  }
}
