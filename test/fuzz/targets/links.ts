/** Both sides of a link on which a hostile neighbour speaks. */
import { setImmediate } from 'node:timers/promises'
import { blockIdOf } from '@shoal/release'
import { PeerError } from '../../../packages/peer/src/error.ts'
import { LIMITS } from '../../../packages/peer/src/limits.ts'
import { createBufferPool } from '../../../packages/peer/src/links/buffer-pool.ts'
import { createOffer } from '../../../packages/peer/src/links/offer.ts'
import { openRequester } from '../../../packages/peer/src/links/requester.ts'
import { serveLink } from '../../../packages/peer/src/links/server.ts'
import type { Random } from '../mutate.ts'
import { cut, mustHold, type Target } from '../target.ts'
import { hostileLink } from './hostile-link.ts'
import { BITMAP_BYTES, HOLDING, MANIFEST } from './small-release.ts'
import { ANSWERED, ASKED, BLOCK, HELLO, JOINED_AGAIN_AND_AGAIN, MASK, METADATA, PEERS, SPAN_BYTES } from './speech.ts'

export const LINK_TARGETS: Target[] = [
  {
    name: 'link-answering',
    refusals: [PeerError],
    samples: () => [
      { bytes: ASKED, read: answer },
      { bytes: JOINED_AGAIN_AND_AGAIN, read: answer },
    ],
  },
  { name: 'link-asking', refusals: [PeerError], samples: () => [{ bytes: ANSWERED, read: ask }] },
]

async function answer(bytes: Uint8Array, random: Random): Promise<true> {
  const link = hostileLink({ takesNothing: random(2) === 0 })
  const failures: PeerError[] = []
  const offer = createOffer(() => METADATA)
  offer.add(HOLDING)
  offer.addShelf({ getBlock: (id) => Promise.resolve(id === blockIdOf(BLOCK) ? BLOCK : undefined) })
  serveLink(link, {
    hello: HELLO,
    offer,
    rooms: createBufferPool(1 << 20, 1),
    tellPeers: () => PEERS,
    paused: () => false,
    onHello: () => undefined,
    onSent: () => undefined,
    onViolation: (error) => void failures.push(error),
  })
  for (const piece of cut(bytes, random)) link.arrive(piece)
  await setImmediate()
  const waitingMax = LIMITS.controlWaitingBytesMax + BITMAP_BYTES + LIMITS.framePayloadBytesMax
  mustHold(link.waitingBytes <= waitingMax, 'what waits for a neighbour that takes nothing is bounded')
  link.close()
  const sentBefore = link.sentAfterEnd
  offer.add(HOLDING)
  mustHold(link.sentAfterEnd === sentBefore, 'nobody watches for a link that has ended')
  return judge(failures)
}

async function ask(bytes: Uint8Array, random: Random): Promise<true> {
  const link = hostileLink({ takesNothing: false })
  const failures: PeerError[] = []
  const requester = openRequester(link, {
    hello: HELLO,
    onHello: () => undefined,
    onViolation: (error) => void failures.push(error),
    onWasted: () => undefined,
  })
  requester.join(1, MANIFEST.id, {
    available: () => undefined,
    have: () => undefined,
    unavailable: () => undefined,
    fetching: () => undefined,
  })
  const spans = [0, 1].map((span) => {
    const { promise, resolve } = Promise.withResolvers<number | string>()
    requester.requestSpan(1, span, MASK, SPAN_BYTES, {
      progress: () => undefined,
      done: (answer) => resolve(answer.length),
      failed: resolve,
    })
    return promise
  })
  const { signal } = new AbortController()
  const metadata = requester.fetchMetadata('timestamp.json', METADATA.length, signal)
  const peers = requester.fetchPeers(signal)
  for (const piece of cut(bytes, random)) link.arrive(piece)
  link.close()
  for (const outcome of await Promise.all(spans)) {
    mustHold(typeof outcome === 'string' || outcome === SPAN_BYTES, 'an answer is as long as was asked')
  }
  mustHold(((await metadata)?.length ?? 0) <= METADATA.length, 'metadata is no longer than was asked')
  mustHold(((await peers)?.length ?? 0) <= LIMITS.exchangeBytesMax, 'a list is no longer than was asked')
  return judge(failures)
}

/** The other side's fault refuses the input; another kind of failure hides one of this side. */
function judge([failure]: PeerError[]): true {
  if (failure === undefined) return true
  mustHold(failure.message !== 'bad frame', `only a PeerError refuses a frame, not ${String(failure.cause)}`)
  mustHold(failure.code !== 'STORE_CORRUPT', `nothing fails on this side, not ${String(failure.cause)}`)
  throw failure
}
