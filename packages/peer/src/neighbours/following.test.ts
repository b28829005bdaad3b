import type { ReleaseId } from '@shoal/release'
import { expect, test } from 'vitest'
import type { Requester } from '../links/index.ts'
import { createFollowing, type ReleaseWatcher } from './following.ts'
import type { Neighbour } from './neighbour.ts'

const NOBODY: ReleaseWatcher = {
  available: () => undefined,
  have: () => undefined,
  fetching: () => undefined,
  left: () => undefined,
}

/** Of one who said hello on a stream of its own already. */
function startNeighbour() {
  const joined: number[] = []
  const requester = { join: (slot: number) => joined.push(slot), leave: () => undefined } as unknown as Requester
  const neighbour = { key: 'other', requester, hello: { role: 'cache', site: 'waw' } } as unknown as Neighbour
  return { neighbour, joined, following: createFollowing(new Map([['other', neighbour]])) }
}

test('what is followed before a stream is greeted is joined on it once, when it is', () => {
  const { neighbour, joined, following } = startNeighbour()
  const { slot } = following.follow('release' as ReleaseId, NOBODY)
  expect(joined).toEqual([])
  following.joinAll(neighbour)
  expect(joined).toEqual([slot])
})

test('what is followed afterwards is joined at once', () => {
  const { neighbour, joined, following } = startNeighbour()
  following.joinAll(neighbour)
  const { slot } = following.follow('release' as ReleaseId, NOBODY)
  expect(joined).toEqual([slot])
})
