// Whatever a remote sends to the handshake, the office and the members' protocol: read or refused, and nothing else.
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeAnswer, parseAnswer } from './enrolment/message.ts'
import { parseToken } from './enrolment/token.ts'
import { TrackerError } from './error.ts'
import { membershipOf, SECRET } from './fixture/fleet.ts'
import { FRAME_BYTES, openFrame } from './handshake/seal.ts'
import { parseMembersAnswer, parseMembersQuestion } from './members/message.ts'

const RUNS = { numRuns: Number(process.env['SHOAL_FUZZ_ROUNDS'] ?? 1_500) }
const PEER = `12D3KooW${'A'.repeat(44)}`

function onlyRefuses(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(TrackerError)
  }
}

/** A good message with some of its bytes replaced, cut or doubled. */
function damaged(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: good.length - 1 })
  return fc.tuple(place, place, fc.uint8Array({ maxLength: 8 })).map(([from, to, put]) => {
    return Uint8Array.from([...good.subarray(0, from), ...put, ...good.subarray(to)])
  })
}

it('answers to a token', () => {
  const parts = {
    root: new Uint8Array(40),
    credential: new Uint8Array(40),
    secret: SECRET,
    trackers: ['/ip4/192.0.2.1/tcp/1'],
  }
  const good = encodeAnswer({ v: 1, status: 'ok', ...parts })
  fc.assert(
    fc.property(fc.oneof(damaged(good), fc.uint8Array({ maxLength: 300 })), (bytes) =>
      onlyRefuses(() => parseAnswer(bytes)),
    ),
    RUNS,
  )
})

it('tokens', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => onlyRefuses(() => parseToken(`shoal1.${text}`))),
    RUNS,
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
      onlyRefuses(() => parseToken(`shoal1.${Buffer.from(bytes).toString('base64url')}`)),
    ),
    RUNS,
  )
})

it('frames of strangers', () => {
  const frames = fc.uint8Array({ minLength: FRAME_BYTES, maxLength: FRAME_BYTES })
  const context = { dialler: 'a', listener: 'b', sender: 'dialler' } as const
  fc.assert(
    fc.property(frames, (frame) => openFrame(SECRET, context, frame) === undefined),
    { numRuns: 200 },
  )
})

it('credentials that are shown', () => {
  const membership = membershipOf(PEER)
  const credentials = fc.oneof(damaged(membership.credentialBytes), fc.uint8Array({ maxLength: 1_024 }))
  fc.assert(
    fc.property(credentials, (bytes) => {
      const judgement = membership.admit(PEER, bytes)
      expect(judgement === 'invalid' || Buffer.compare(bytes, membership.credentialBytes) === 0).toBe(true)
    }),
    RUNS,
  )
})

it('questions and answers of members', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      parseMembersQuestion(value)
      parseMembersAnswer(value)
    }),
    RUNS,
  )
  expect(parseMembersQuestion({ v: 1, renew: true, sequence: -1 })).toBeUndefined()
  expect(parseMembersQuestion({ v: 1, renew: true, sequence: 0, more: encode(1) })).toBeUndefined()
  expect(parseMembersAnswer({ v: 1, credential: new Uint8Array(1_025) })).toBeUndefined()
})
