import { expect, it } from 'vitest'
import { startTraffic, type Traffic } from '../traffic/index.ts'
import { createBufferPool } from './buffer-pool.ts'
import { holdingOf, MASK_ALL, receive, smallRelease } from './fixture/exchange.ts'
import { linkPair } from './fixture/link-pairs.ts'
import { createOffer } from './offer.ts'
import { openRequester, type Requester } from './requester.ts'
import { serveLink } from './server.ts'

const SPAN_BYTES = 90_000
const release = smallRelease(SPAN_BYTES / 3)

/** A link on which a peer asks for spans, served by one whose uploads are limited. */
async function linkOf(peer: string, traffic: Traffic, sent: Map<string, number>): Promise<Requester> {
  const { asking, answering } = linkPair(16_000)
  const offer = createOffer(() => undefined)
  offer.add(holdingOf(release))
  serveLink(answering, {
    hello: { role: 'device', lanePort: 0, site: '' },
    offer,
    rooms: createBufferPool(1 << 20, 1),
    tellPeers: () => new Uint8Array(0),
    paused: () => false,
    allow: (bytes, signal) => traffic.allowUpload(true, peer, bytes, signal),
    onHello: () => undefined,
    onSent: (bytes) => sent.set(peer, (sent.get(peer) ?? 0) + bytes),
    onViolation: (error) => expect.unreachable(error.message),
  })
  const ready = Promise.withResolvers<Uint8Array>()
  const requester = openRequester(asking, {
    hello: { role: 'device', lanePort: 0, site: '' },
    onHello: () => undefined,
    onViolation: (error) => expect.unreachable(error.message),
    onWasted: () => undefined,
  })
  requester.join(1, release.manifest.id, {
    available: ready.resolve,
    have: () => undefined,
    fetching: () => undefined,
    unavailable: () => undefined,
  })
  await ready.promise
  return requester
}

it('a neighbour that asks for everything on several links takes no more than its share from another that asks little', async () => {
  using traffic = startTraffic({ rates: { uploadLan: 1_000_000 }, windows: [] })
  const sent = new Map<string, number>()
  const greedy = await Promise.all(Array.from({ length: 4 }, () => linkOf('greedy', traffic, sent)))
  const modest = await linkOf('modest', traffic, sent)
  for (const link of greedy)
    for (let request = 0; request < 60; request++) link.requestSpan(1, 0, MASK_ALL, SPAN_BYTES, receive().receiver)
  for (let span = 0; span < 4; span++) {
    const { receiver, outcome } = receive()
    modest.requestSpan(1, 0, MASK_ALL, SPAN_BYTES, receiver)
    expect(await outcome).toHaveLength(SPAN_BYTES)
  }
  expect(sent.get('modest')).toBe(4 * SPAN_BYTES)
  // Between its requests the other one has the limit to itself, and a burst is allowed in the beginning.
  expect(sent.get('greedy')).toBeLessThan(2 * 4 * SPAN_BYTES)
  for (const link of [...greedy, modest]) link.close(new Error('done'))
})
