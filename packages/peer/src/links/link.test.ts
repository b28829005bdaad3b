import { setImmediate } from 'node:timers/promises'
import { blockIdOf, parseReleaseId, type BlockId } from '@shoal/release'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { createDeframer } from './deframer.ts'
import { holdingOf, MASK_ALL, receive, smallRelease, talk } from './fixture/exchange.ts'
import { linkPair } from './fixture/link-pairs.ts'
import { decodeAnswer, decodeAsk, encodeAnswer, encodeAsk, encodeDataHeader, type Answer, type Ask } from './frames.ts'
import { createOffer, type Offer } from './offer.ts'
import type { Receiver } from './requester.ts'

function connect(offer: Offer, pieceBytes?: number): ReturnType<typeof talk> {
  return talk(linkPair(pieceBytes), offer)
}

describe('a link', () => {
  it.each([1, 7, 100_000])('moves a span in pieces of %i bytes', async (pieceBytes) => {
    const { manifest, content } = smallRelease()
    const offer = createOffer(() => undefined)
    offer.add(holdingOf({ manifest, content }))
    const { requester, greeted } = connect(offer, pieceBytes)
    expect(await greeted).toBe('waw')
    const available = Promise.withResolvers<Uint8Array>()
    requester.join(1, manifest.id, {
      available: available.resolve,
      have: () => undefined,
      fetching: () => undefined,
      unavailable: () => undefined,
    })
    expect(await available.promise).toEqual(Uint8Array.of(1))
    const { receiver, outcome } = receive()
    requester.requestSpan(1, 0, MASK_ALL, 90_000, receiver)
    expect(Buffer.compare(Buffer.concat(content), (await outcome) as Uint8Array)).toBe(0)
  })

  it('says that a release is not there, and tells when it comes, what it gains and what it fetches', async () => {
    const { manifest, content } = smallRelease()
    const offer = createOffer(() => undefined)
    const { requester, greeted } = connect(offer)
    await greeted
    const heard: string[] = []
    const gained = Promise.withResolvers<undefined>()
    requester.join(1, manifest.id, {
      available: () => void heard.push('available'),
      have: (span) => {
        heard.push(`have ${span}`)
        gained.resolve(undefined)
      },
      fetching: (span, began) => void heard.push(`${began ? 'fetches' : 'does not fetch'} ${span}`),
      unavailable: () => {
        heard.push('unavailable')
        offer.add(holdingOf({ manifest, content }))
        offer.fetching(manifest.id, 1, true)
        offer.fetching(manifest.id, 1, false)
        offer.gained(manifest.id, 0)
      },
    })
    await gained.promise
    expect(heard).toEqual(['unavailable', 'available', 'fetches 1', 'does not fetch 1', 'have 0'])
  })

  it('tells who comes later what is on its way, and not what was gained or given up', async () => {
    const { manifest, content } = smallRelease()
    const offer = createOffer(() => undefined)
    offer.add(holdingOf({ manifest, content }))
    for (const span of [0, 1, 2]) offer.fetching(manifest.id, span, true)
    offer.gained(manifest.id, 0)
    offer.fetching(manifest.id, 1, false)
    const { requester, greeted } = connect(offer)
    await greeted
    const heard = Promise.withResolvers<[number, boolean]>()
    requester.join(1, manifest.id, {
      available: () => undefined,
      have: () => undefined,
      fetching: (span, began) => heard.resolve([span, began]),
      unavailable: () => undefined,
    })
    expect(await heard.promise).toEqual([2, true])
  })

  it('fetches blocks, and undefined for those that are not there', async () => {
    const block = Uint8Array.of(0xa0)
    const offer = createOffer(() => undefined)
    offer.addShelf({
      getBlock: (id: BlockId) => Promise.resolve(id === blockIdOf(block) ? block : undefined),
    })
    const { requester, greeted } = connect(offer)
    await greeted
    const signal = AbortSignal.timeout(5_000)
    expect(await requester.fetchBlock(blockIdOf(block), 100, signal)).toEqual(block)
    expect(await requester.fetchBlock(blockIdOf(Uint8Array.of(1)), 100, signal)).toBeUndefined()
    expect(await requester.fetchPeers(signal)).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('ends with a violation when an answer is longer than what was asked', async () => {
    const { manifest, content } = smallRelease()
    const offer = createOffer(() => undefined)
    offer.add(holdingOf({ manifest, content }))
    const { requester, greeted, violations } = connect(offer)
    await greeted
    requester.join(1, manifest.id, {
      available: () => undefined,
      have: () => undefined,
      unavailable: () => undefined,
      fetching: () => undefined,
    })
    const { receiver, outcome } = receive()
    requester.requestSpan(1, 0, MASK_ALL, 89_999, receiver)
    expect(await outcome).toBe('lost')
    expect(violations.map((error) => error.code)).toEqual(['PROTOCOL_VIOLATION'])
  })

  it.each([
    ['a chunk beyond the span', 0, 0b1000],
    ['a span beyond the release', 9, 1],
    ['nothing at all', 0, 0],
  ])('ends with a violation when it is asked for %s', async (_what, span, bits) => {
    const { manifest, content } = smallRelease()
    const offer = createOffer(() => undefined)
    offer.add(holdingOf({ manifest, content }))
    const { requester, greeted, violations } = connect(offer)
    await greeted
    requester.join(1, manifest.id, {
      available: () => undefined,
      have: () => undefined,
      unavailable: () => undefined,
      fetching: () => undefined,
    })
    const { receiver, outcome } = receive()
    const mask = new Uint8Array(32)
    mask[0] = bits
    requester.requestSpan(1, span, mask, 100, receiver)
    expect(await outcome).toBe('lost')
    expect(violations.map((error) => error.code)).toEqual(['PROTOCOL_VIOLATION'])
  })

  it('fails what is under way when the link ends', async () => {
    const { requester, asking, greeted } = connect(createOffer(() => undefined))
    await greeted
    const { receiver, outcome } = receive()
    requester.requestSpan(1, 0, MASK_ALL, 10, receiver)
    asking.close()
    expect(await outcome).toBe('lost')
  })

  it('that ends as a request is sent fails that request, once it was made', async () => {
    const { requester, asking, greeted } = connect(createOffer(() => undefined))
    await greeted
    asking.send = () => {
      asking.close()
      return true
    }
    expect(await requester.fetchMetadata('timestamp.json', 100, AbortSignal.timeout(5_000))).toBeUndefined()
    const heard: string[] = []
    const failed = Promise.withResolvers<undefined>()
    const receiver: Receiver = {
      progress: () => undefined,
      done: () => void heard.push('done'),
      failed(cause) {
        heard.push(cause)
        failed.resolve(undefined)
      },
    }
    requester.requestSpan(1, 0, MASK_ALL, 10, receiver)
    heard.push('asked')
    const cancel = requester.requestSpan(1, 0, MASK_ALL, 10, {
      ...receiver,
      failed: () => void heard.push('cancelled'),
    })
    cancel()
    await failed.promise
    await setImmediate()
    expect(heard).toEqual(['asked', 'lost'])
  })

  it('keeps only so much for a neighbour that joins again and again and takes nothing', async () => {
    const { manifest, content } = smallRelease()
    const offer = createOffer(() => undefined)
    offer.add({ ...holdingOf({ manifest, content }), spanBitmap: () => new Uint8Array(64 << 10) })
    const { requester, asking, answering, violations, greeted } = connect(offer, 1 << 20)
    await greeted
    let waitingBytes = 0
    answering.send = (...parts) => {
      for (const part of parts) waitingBytes += part.length
      return false
    }
    const watcher = {
      available: () => undefined,
      have: () => undefined,
      unavailable: () => undefined,
      fetching: () => undefined,
    }
    const over = new Promise((resolve) => asking.ended.addEventListener('abort', resolve))
    for (let slot = 1; slot <= 100; slot++) {
      requester.join(slot, manifest.id, watcher)
      requester.leave(slot)
    }
    await over
    expect(violations.map((error) => error.code)).toEqual(['TIMEOUT'])
    expect(waitingBytes).toBeLessThan(LIMITS.controlWaitingBytesMax + (128 << 10))
    const before = waitingBytes
    offer.gained(manifest.id, 0)
    expect(waitingBytes).toBe(before)
  })

  it('answers no more than its share of waiting requests', async () => {
    const { requester, greeted, violations } = connect(
      createOffer(() => undefined),
      1 << 20,
    )
    await greeted
    const outcomes = Array.from({ length: LIMITS.requestsPerLinkMax + 2 }, () => {
      const { receiver, outcome } = receive()
      requester.requestSpan(1, 0, MASK_ALL, 10, receiver)
      return outcome
    })
    await Promise.all(outcomes)
    expect(violations.length).toBeLessThanOrEqual(1)
  })
})

const release = parseReleaseId(blockIdOf(Uint8Array.of(1)))

const id = fc.nat(0xffffffff)
const slot = fc.nat(0xffff)
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const site = fc.stringMatching(/^[A-Za-z0-9._-]{0,64}$/)
const lanePort = fc.nat(0xffff)
const role = fc.constantFrom('device' as const, 'cache' as const)
const asks: fc.Arbitrary<Ask> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), role, lanePort, site }),
  fc.record({ type: fc.constant('join' as const), slot, release: bytes(32) }),
  fc.record({ type: fc.constant('leave' as const), slot }),
  fc.record({ type: fc.constant('requestSpan' as const), id, slot, span: id, mask: bytes(32) }),
  fc.record({ type: fc.constant('cancel' as const), id }),
  fc.record({ type: fc.constant('requestBlock' as const), id, digest: bytes(32) }),
  fc.record({ type: fc.constant('requestMetadata' as const), id, file: fc.constant('3.root.json') }),
  fc.record({ type: fc.constant('requestPeers' as const), id }),
)
const answers: fc.Arbitrary<Exclude<Answer, { type: 'data' }>> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), role, lanePort, site }),
  fc.record({ type: fc.constant('available' as const), slot, spans: fc.uint8Array({ maxLength: 1_000 }) }),
  fc.record({ type: fc.constant('have' as const), slot, span: id }),
  fc.record({ type: fc.constant('unavailable' as const), slot }),
  fc.record({ type: fc.constant('fetching' as const), slot, span: id, began: fc.boolean() }),
  fc.record({ type: fc.constant('end' as const), id, status: fc.nat(255) }),
)

/** Cuts bytes into frames, pushed in pieces. */
function deframe(stream: Uint8Array, pieceBytes: number, takesData: boolean): [number, Uint8Array][] {
  const frames: [number, Uint8Array][] = []
  const deframer = createDeframer(
    {
      frame: (type, body) => frames.push([type, body.slice()]),
      payload: (at, piece) => frames.push([-at, piece.slice()]),
    },
    takesData,
  )
  for (let at = 0; at < stream.length; at += pieceBytes) deframer.push(stream.subarray(at, at + pieceBytes))
  return frames
}

describe('frames', () => {
  it('are read as they were written, however they arrive', () => {
    fc.assert(
      fc.property(fc.array(asks, { maxLength: 8 }), fc.integer({ min: 1, max: 64 }), (sent, pieceBytes) => {
        const frames = deframe(Buffer.concat(sent.map(encodeAsk)), pieceBytes, false)
        expect(frames.map(([type, body]) => decodeAsk(type, body))).toEqual(sent)
      }),
    )
    fc.assert(
      fc.property(fc.array(answers, { maxLength: 8 }), fc.integer({ min: 1, max: 64 }), (sent, pieceBytes) => {
        const frames = deframe(Buffer.concat(sent.map(encodeAnswer)), pieceBytes, true)
        expect(frames.map(([type, body]) => decodeAnswer(type, body))).toEqual(sent)
      }),
    )
  })

  it('from a fuzzer are read or refused with a PeerError, never anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), asks.map(encodeAsk), answers.map(encodeAnswer)),
        fc.nat(400),
        fc.nat(255),
        fc.boolean(),
        (stream, at, value, takesData) => {
          const mutated = Uint8Array.from(stream)
          if (at < mutated.length) mutated[at] = value
          try {
            for (const [type, body] of deframe(mutated, 50, takesData)) {
              if (type >= 0) (takesData ? decodeAnswer : decodeAsk)(type, body)
            }
          } catch (error) {
            expect(error).toBeInstanceOf(PeerError)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('refuses a data frame over the limit before its payload comes', () => {
    const header = encodeDataHeader(1, LIMITS.framePayloadBytesMax + 1)
    expect(() => deframe(header, 64, true)).toThrow(PeerError)
  })

  it.each(['../etc.json', 'a', '.json', '..json', 'a/b.json', '', 'a.json\0', '1..root.json'])(
    'refuses %j as the name of a file of metadata',
    (file) => {
      expect(() => {
        for (const [type, body] of deframe(encodeAsk({ type: 'requestMetadata', id: 1, file }), 64, false))
          decodeAsk(type, body)
      }).toThrow(PeerError)
    },
  )

  it('keeps the digest of a release', () => {
    const frames = deframe(encodeAsk({ type: 'join', slot: 1, release: new Uint8Array(32) }), 64, false)
    expect(frames).toHaveLength(1)
    expect(release).toMatch(/^bafyrei/)
  })
})
