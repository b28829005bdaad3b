import type { ReleaseId } from '@shoal/release'
import { expect, it } from 'vitest'
import { holdingOf, smallRelease } from './fixture/exchange.ts'
import { createOffer, type Watcher } from './offer.ts'
import { tellOnce } from './tell-once.ts'

const release = smallRelease()
const { id } = release.manifest

function ear(): { heard: string[]; watcher: Watcher } {
  const heard: string[] = []
  return {
    heard,
    watcher: {
      available: () => void heard.push('available'),
      gained: (span) => void heard.push(`gained ${span}`),
      fetching: (span) => void heard.push(`fetching ${span}`),
      unavailable: () => void heard.push('unavailable'),
    },
  }
}

function peer(isNear = true) {
  const offer = createOffer(() => undefined)
  offer.add(holdingOf(release))
  return { offer, ...tellOnce(offer, () => isNear) }
}

it('tells on the lane while there is one, and on the stream before and after', () => {
  const { offer, onStream, onLane } = peer()
  const [stream, lane] = [ear(), ear()]
  onStream(id, stream.watcher)
  offer.gained(id, 1)
  const unwatch = onLane(id, lane.watcher)
  offer.gained(id, 2)
  expect(stream.heard.splice(0)).toEqual(['available', 'gained 1'])
  expect(lane.heard).toEqual(['available', 'gained 2'])
  unwatch()
  offer.gained(id, 3)
  expect(stream.heard).toEqual(['available', 'gained 3'])
  expect(lane.heard).toHaveLength(2)
})

it('says nothing on a stream that takes part after the lane, until the last lane is gone', () => {
  const { offer, onStream, onLane } = peer()
  const stream = ear()
  const lanes = [ear(), ear()].map(({ watcher }) => onLane(id, watcher))
  onStream(id, stream.watcher)
  lanes[0]?.()
  offer.gained(id, 1)
  expect(stream.heard).toEqual([])
  lanes[1]?.()
  expect(stream.heard).toEqual(['available'])
})

it('tells a peer of another site of what came from beyond this one, and nothing of what is under way or came from a neighbour', () => {
  const { offer, onStream, onLane } = peer(false)
  const [stream, lane] = [ear(), ear()]
  onStream(id, stream.watcher)
  offer.fetching(id, 1, true)
  offer.gained(id, 1)
  offer.gained(id, 2)
  expect(stream.heard).toEqual(['available', 'gained 1'])
  onLane(id, lane.watcher)
  offer.fetching(id, 3, true)
  offer.gained(id, 3)
  offer.gained(id, 4)
  expect(lane.heard).toEqual(['available', 'gained 3'])
})

it('a release on the lane changes nothing for another one on the stream', () => {
  const { offer, onStream, onLane } = peer()
  const stream = ear()
  onStream('another' as ReleaseId, stream.watcher)
  onLane(id, ear().watcher)
  offer.fetching('another' as ReleaseId, 7, true)
  expect(stream.heard).toEqual(['fetching 7'])
})

it('whoever stops watching hears nothing more, whichever ends first', () => {
  const { offer, onStream, onLane } = peer()
  const [stream, lane] = [ear(), ear()]
  const [leave, end] = [onStream(id, stream.watcher), onLane(id, lane.watcher)]
  leave()
  end()
  offer.gained(id, 1)
  expect([stream.heard, lane.heard]).toEqual([['available'], ['available']])
})
