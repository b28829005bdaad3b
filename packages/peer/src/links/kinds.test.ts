import { blockIdOf } from '@shoal/release'
import { describe, expect, it } from 'vitest'
import { holdingOf, MASK_ALL, receive, smallRelease, talk } from './fixture/exchange.ts'
import { lanePair, streamPair } from './fixture/link-pairs.ts'
import { createOffer } from './offer.ts'

/** Larger than a frame may be, all together. */
const CHUNK_BYTES = 250_000

describe.each([
  ['a libp2p stream', streamPair],
  ['a lane', lanePair],
])('a link over %s', (_kind, pair) => {
  async function between(stack: AsyncDisposableStack) {
    const release = smallRelease(CHUNK_BYTES)
    const block = Uint8Array.of(0xa0)
    const offer = createOffer((file) => (file === 'timestamp.json' ? Buffer.from('{}') : undefined))
    offer.add(holdingOf(release))
    offer.addShelf({ getBlock: (id) => Promise.resolve(id === blockIdOf(block) ? block : undefined) })
    const talking = talk(await pair(stack), offer)
    expect(await talking.greeted).toBe('waw')
    return { ...talking, offer, release, block }
  }

  it('moves spans that were asked for one after another, each as it is', async () => {
    await using stack = new AsyncDisposableStack()
    const { requester, release, violations } = await between(stack)
    const available = new Promise<Uint8Array>((resolve) => {
      const watcher = {
        available: resolve,
        have: () => undefined,
        unavailable: () => undefined,
        fetching: () => undefined,
      }
      requester.join(1, release.manifest.id, watcher)
    })
    expect(await available).toEqual(Uint8Array.of(1))
    const outcomes = Array.from({ length: 12 }, (_, round) => {
      const { receiver, outcome } = receive()
      const mask = new Uint8Array(32)
      mask[0] = (round % 7) + 1
      const chunks = [0, 1, 2].filter((chunk) => ((mask[0] ?? 0) >> chunk) & 1)
      requester.requestSpan(1, 0, mask, chunks.length * CHUNK_BYTES, receiver)
      const expected = Buffer.concat(chunks.map((chunk) => release.content[chunk] ?? new Uint8Array(0)))
      return outcome.then((bytes) => Buffer.compare(expected, bytes as Uint8Array))
    })
    expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => 0))
    expect(violations).toEqual([])
  })

  it('tells of what is gained, and answers for blocks, metadata and peers', async () => {
    await using stack = new AsyncDisposableStack()
    const { requester, release, offer, block } = await between(stack)
    const signal = AbortSignal.timeout(10_000)
    const gained = new Promise((resolve) => {
      const available = (): void => offer.gained(release.manifest.id, 0)
      requester.join(1, release.manifest.id, {
        available,
        have: resolve,
        unavailable: () => undefined,
        fetching: () => undefined,
      })
    })
    expect(await gained).toBe(0)
    expect(await requester.fetchBlock(blockIdOf(block), 100, signal)).toEqual(block)
    expect(await requester.fetchBlock(blockIdOf(Uint8Array.of(1)), 100, signal)).toBeUndefined()
    expect(Buffer.from((await requester.fetchMetadata('timestamp.json', 10, signal)) ?? []).toString()).toBe('{}')
    expect(await requester.fetchPeers(signal)).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('ends for both at the first thing that cannot be', async () => {
    await using stack = new AsyncDisposableStack()
    const { requester, asking, answering, release, violations } = await between(stack)
    requester.join(1, release.manifest.id, {
      available: () => undefined,
      have: () => undefined,
      unavailable: () => undefined,
      fetching: () => undefined,
    })
    const { receiver, outcome } = receive()
    requester.requestSpan(1, 9, MASK_ALL, 100, receiver)
    expect(await outcome).toBe('lost')
    expect(violations.map(({ code }) => code)).toEqual(['PROTOCOL_VIOLATION'])
    expect([asking.ended.aborted, answering.ended.aborted]).toEqual([true, true])
  })

  it.each(['asking', 'answering'] as const)('loses what is under way when the %s side closes it', async (side) => {
    await using stack = new AsyncDisposableStack()
    const { requester, release, ...links } = await between(stack)
    const available = new Promise<unknown>((resolve) => {
      const watcher = {
        available: resolve,
        have: () => undefined,
        unavailable: () => undefined,
        fetching: () => undefined,
      }
      requester.join(1, release.manifest.id, watcher)
    })
    await available
    const outcomes = Array.from({ length: 8 }, () => {
      const { receiver, outcome } = receive()
      receiver.progress = () => links[side].close()
      requester.requestSpan(1, 0, MASK_ALL, 3 * CHUNK_BYTES, receiver)
      return outcome
    })
    expect((await Promise.all(outcomes)).at(-1)).toBe('lost')
  })
})
