import { BLOCK_BYTES_MAX, METADATA_BYTES_MAX, NAME_CHARACTERS_MAX, RELEASES_PER_ROLE_MAX } from '@shoal/release'
import { describe, expect, it } from 'vitest'
import { releaseOf } from '../fixture/fleet.ts'
import { keyIdOf, publicKeyOf } from '../keys/public-key.ts'
import { ROLE_KEYS_MAX } from '../limits.ts'
import { encodeDocument, type TargetsSigned } from './document.ts'
import { emptyTargets, withChannel, withRelease } from './edit.ts'

const keyOf = (number: number) => publicKeyOf(new Uint8Array(32).fill(number))
const counters = ({ targets }: TargetsSigned) => Object.values(targets).map(({ custom }) => custom.counter)

describe('withRelease', () => {
  it('lets the oldest make room for the newest', () => {
    let body = emptyTargets()
    for (let counter = 1; counter <= 5; counter++) body = withRelease(body, releaseOf(`${counter}`, counter))
    expect(counters(body)).toEqual([1, 2, 3, 4, 5])
    const many = Object.fromEntries(
      Array.from({ length: RELEASES_PER_ROLE_MAX }, (_, at) => [
        `game/stable/${at}/any.release`,
        { length: 1, hashes: { sha256: '00' }, custom: { counter: at + 1, cid: 'x' } },
      ]),
    )
    const full = withRelease({ ...body, targets: many }, releaseOf('new', RELEASES_PER_ROLE_MAX + 1))
    expect(counters(full)).toHaveLength(RELEASES_PER_ROLE_MAX)
    expect(Math.min(...counters(full))).toBe(2)
    expect(counters(full).at(-1)).toBe(RELEASES_PER_ROLE_MAX + 1)
  })

  it('never outgrows the cap of the file, however long the names are', () => {
    const long = 'x'.repeat(NAME_CHARACTERS_MAX)
    const targets: TargetsSigned['targets'] = {}
    for (let at = 0; at < RELEASES_PER_ROLE_MAX; at++) {
      const version = `${at}`.padStart(NAME_CHARACTERS_MAX, '0')
      targets[`${long}/${long}/${version}/${long}.release`] = {
        ...{ length: BLOCK_BYTES_MAX, hashes: { sha256: 'a'.repeat(64) } },
        custom: { counter: Number.MAX_SAFE_INTEGER - at, cid: 'b'.repeat(59) },
      }
    }
    const signatures = Array.from({ length: ROLE_KEYS_MAX }, () => ({ keyid: 'c'.repeat(64), sig: 'd'.repeat(128) }))
    const { bytes } = encodeDocument({ ...emptyTargets(), targets }, signatures)
    expect(bytes.length).toBeLessThan(METADATA_BYTES_MAX.targets)
  })
})

describe('withChannel', () => {
  it('keeps a key in the table as long as some channel uses it', () => {
    const [a, b, c] = [keyOf(1), keyOf(2), keyOf(3)]
    const one = withChannel(emptyTargets(), { product: 'game', channel: 'stable' }, { keys: [a, b], threshold: 2 })
    const two = withChannel(one, { product: 'game', channel: 'beta' }, { keys: [b], threshold: 1 })
    const three = withChannel(two, { product: 'game', channel: 'stable' }, { keys: [c], threshold: 1 })
    expect(Object.keys(three.delegations?.keys ?? {}).toSorted()).toEqual([b, c].map(keyIdOf).toSorted())
    expect(three.delegations?.roles).toEqual([
      {
        ...{ name: 'rel-game-stable', keyids: [keyIdOf(c)], threshold: 1, terminating: true },
        paths: ['game/stable/*/*.release'],
      },
      {
        ...{ name: 'rel-game-beta', keyids: [keyIdOf(b)], threshold: 1, terminating: true },
        paths: ['game/beta/*/*.release'],
      },
    ])
  })
})
