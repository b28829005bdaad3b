import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FRAME_BYTES, openFrame, sealFrame, type FrameContext } from './seal.ts'

const secret = new Uint8Array(32).fill(1)
const context: FrameContext = { dialler: 'a', listener: 'b', sender: 'dialler' }
const message = Buffer.from('a credential')

it('every message comes out as it went in, in a frame of the one size', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_024 }), (some) => {
      const frame = sealFrame(secret, context, some)
      expect(frame.length).toBe(FRAME_BYTES)
      expect(openFrame(secret, context, frame)).toEqual(Uint8Array.from(some))
    }),
    { numRuns: 100 },
  )
})

it('two frames of one message have nothing in common', () => {
  const [one, other] = [sealFrame(secret, context, message), sealFrame(secret, context, message)]
  const equal = one.filter((byte, at) => byte === other[at]).length
  // Of 1,074 random bytes about four are equal.
  expect(equal).toBeLessThan(30)
})

it.each([
  ['by a stranger', new Uint8Array(32).fill(2), context],
  ['on a connection of somebody else who dials', secret, { ...context, dialler: 'c' }],
  ['on a connection to somebody else', secret, { ...context, listener: 'c' }],
  ['as the answer to itself', secret, { ...context, sender: 'listener' as const }],
])('a frame is not opened %s', (_name, otherSecret, otherContext) => {
  expect(openFrame(otherSecret, otherContext, sealFrame(secret, context, message))).toBeUndefined()
})

it('no byte of a frame can be changed, and none left out', () => {
  const frame = sealFrame(secret, context, message)
  for (let at = 0; at < frame.length; at++) {
    const changed = Uint8Array.from(frame)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(openFrame(secret, context, changed)).toBeUndefined()
  }
  expect(openFrame(secret, context, frame.subarray(1))).toBeUndefined()
})
