import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockIdOf, channelTopic, chunkCid, parseReleaseId, releaseTopic, sha256 } from './cid.ts'
import { ReleaseError } from './error.ts'
import { formatTarget, parseTarget } from './names.ts'
import { originPath } from './origin-path.ts'

test('any text is a target that reads back the same, or refused', () => {
  const likely = fc.stringMatching(/^[a-z0-9._-]{1,4}@[a-z0-9.]{1,4}(:[A-Z0-9.+]{1,4})?$/)
  fc.assert(
    fc.property(fc.oneof(fc.string(), likely), (text) => {
      try {
        expect(formatTarget(parseTarget(text))).toBe(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ReleaseError)
      }
    }),
    { numRuns: 1000 },
  )
})

test('the platform of a target is "any" unless given, and held to the same rule', () => {
  expect(parseTarget('p@c')).toEqual({ product: 'p', channel: 'c', platform: 'any' })
  expect(parseTarget('p@c', 'linux-x64').platform).toBe('linux-x64')
  expect(() => parseTarget('p@c', '../x')).toThrow(ReleaseError)
})

test('places at the origin are made of names and ids alone', () => {
  const id = parseReleaseId(blockIdOf(Buffer.from('x')))
  expect(originPath.metadata('2.root.json')).toBe('tuf/2.root.json')
  expect(originPath.block(id)).toBe(`blocks/${id}`)
  expect(originPath.index(id)).toBe(`releases/${id}/index`)
  expect(originPath.pack('00ff')).toBe('packs/00ff')
})

test('topics are CIDs: of the channel by name, of a release its own id', () => {
  const id = parseReleaseId(blockIdOf(Buffer.from('x')))
  expect(releaseTopic(id).toString()).toBe(id)
  const topic = channelTopic('f'.repeat(32), parseTarget('p@c'))
  expect(topic.toString()).toBe(chunkCid(sha256(Buffer.from(`shoal/channel/${'f'.repeat(32)}/p/c/any`))))
})
