import { expect, test } from 'vitest'
import { TrustedSet, type ReleaseTarget } from '@shoal/release'
import { EXPIRES, KEYS, repository, rootSigned, signedBy, type Changes } from '../../../../test/trust/author.ts'
import { checkCounter, checkFloors, NO_FLOORS, raiseCounter, raiseFloors, releaseKeys } from './floors.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const ROLE = 'rel-demo-stable'

function setOf(changes: Changes = {}): TrustedSet {
  const files = repository(changes)
  const bytesOf = (end: string): Uint8Array =>
    Object.entries(files).find(([name]) => name.endsWith(end))?.[1] ?? new Uint8Array()
  const set = new TrustedSet(bytesOf('root.json'), NOW)
  set.updateTimestamp(bytesOf('timestamp.json'))
  set.updateSnapshot(bytesOf('snapshot.json'))
  set.updateTargets('targets', 'root', bytesOf('targets.json'))
  set.updateTargets(ROLE, 'targets', bytesOf(`${ROLE}.json`))
  return set
}

const release = (counter: number): ReleaseTarget =>
  ({ product: 'demo', channel: 'stable', version: '1', platform: 'any', counter }) as ReleaseTarget

test.each(['timestamp', 'snapshot', 'targets', 'release'] as const)('an older %s than was seen is refused', (part) => {
  const floors = raiseFloors(NO_FLOORS, setOf({ [part]: { version: 5 } }), 0)
  expect(() => checkFloors(floors, setOf({ [part]: { version: 4 } }))).toThrow(/version 4 of .* older than version 5/)
  expect(() => checkFloors(floors, setOf({ [part]: { version: 5 } }))).not.toThrow()
  expect(() => checkFloors(floors, setOf({ [part]: { version: 6 } }))).not.toThrow()
})

test('floors rise and never fall', () => {
  const high = raiseFloors(NO_FLOORS, setOf({ timestamp: { version: 9 } }), 100)
  const after = raiseFloors(high, setOf({ timestamp: { version: 3 } }), 50)
  expect(after).toEqual(high)
})

test('another snapshot key frees what its holder decided: the versions of snapshot, targets and channels', () => {
  const floors = raiseFloors(
    NO_FLOORS,
    setOf({ snapshot: { version: 100 }, targets: { version: 100 }, release: { version: 100 } }),
    0,
  )
  const { root, targets, timestamp, stranger } = KEYS
  const listed = Object.fromEntries([root, targets, timestamp, stranger].map((key) => [key.id, key.listed]))
  const role = (key: typeof root): { keyids: string[]; threshold: number } => ({ keyids: [key.id], threshold: 1 })
  const roles = { root: role(root), targets: role(targets), timestamp: role(timestamp), snapshot: role(stranger) }
  const rotated = signedBy(rootSigned({ keys: listed, roles }), root)
  const set = new TrustedSet(rotated, NOW)
  const snapshot = { _type: 'snapshot', spec_version: '1.0.34', version: 1, expires: EXPIRES }
  const bytes = signedBy(
    { ...snapshot, meta: { 'targets.json': { version: 1 }, [`${ROLE}.json`]: { version: 1 } } },
    stranger,
  )
  const files = repository()
  set.updateTimestamp(
    signedBy(
      {
        _type: 'timestamp',
        spec_version: '1.0.34',
        version: 1,
        expires: EXPIRES,
        meta: { 'snapshot.json': { version: 1 } },
      },
      timestamp,
    ),
  )
  set.updateSnapshot(bytes)
  set.updateTargets('targets', 'root', files['1.targets.json'] as Uint8Array)
  set.updateTargets(ROLE, 'targets', files[`1.${ROLE}.json`] as Uint8Array)
  expect(() => checkFloors(floors, set)).not.toThrow()
})

test('a channel never offers a lower counter, unless another key signs for it', () => {
  const keys = releaseKeys(setOf(), ROLE)
  const floors = raiseCounter(NO_FLOORS, release(7), keys)
  expect(() => checkCounter(floors, release(6), keys)).toThrow('counter 6, older than counter 7')
  expect(() => checkCounter(floors, release(7), keys)).not.toThrow()
  expect(() => checkCounter(floors, release(1), 'other keys')).not.toThrow()
  expect(raiseCounter(floors, release(6), keys)).toBe(floors)
})
