import type { ReleaseId } from '@shoal/release'
import { expect, it } from 'vitest'
import type { Neighbour, Neighbours } from '../neighbours/index.ts'
import { followParticipants } from './participants.ts'

const RELEASE = 'bafyreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq' as ReleaseId

function follow() {
  let watcher: Parameters<Neighbours['follow']>[1] | undefined
  const neighbours: Pick<Neighbours, 'follow'> = {
    follow(_release, given) {
      watcher = given
      return { slot: 1, leave: () => undefined }
    },
  }
  const participants = followParticipants(neighbours, RELEASE)
  const join = (neighbour: Neighbour): void => watcher?.available(neighbour, new Uint8Array(1))
  return { participants, join }
}

it('wakes everybody who waits for another participant, and not for one that is known', async () => {
  const { participants, join } = follow()
  const [known, another] = [{ key: 'known' }, { key: 'another' }] as [Neighbour, Neighbour]
  join(known)
  const { signal } = new AbortController()
  let woken = 0
  const waits = [1, 2].map(() => participants.arrival(60_000, signal).then(() => woken++))
  join(known)
  await Promise.resolve()
  expect(woken).toBe(0)
  join(another)
  await Promise.all(waits)
  expect(participants.list()).toEqual([known, another])
})

it('waits for nobody longer than it is told, and not at all once it is stopped', async () => {
  const { participants } = follow()
  await participants.arrival(1, new AbortController().signal)
  await participants.arrival(60_000, AbortSignal.abort())
})
