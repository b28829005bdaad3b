import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encodeToken, parseToken } from './token.ts'

const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const token = {
  trackers: [multiaddr(`/dns4/tracker.example.com/tcp/7071/p2p/${PEER}`)],
  secret: new Uint8Array(32).fill(1),
  root: new Uint8Array(32).fill(2),
}
const text = encodeToken(token)

it('a token is read as it was made', () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(bytes32, bytes32, (secret, root) => {
      const read = parseToken(encodeToken({ ...token, secret, root }))
      expect(read.trackers.map(String)).toEqual(token.trackers.map(String))
      expect([read.secret, read.root]).toEqual([Uint8Array.from(secret), Uint8Array.from(root)])
    }),
    { numRuns: 50 },
  )
})

it.each([
  ['empty', ''],
  ['of another kind', text.replace('shoal1', 'shoal2')],
  ['with a space', `${text} `],
  ['cut short', text.slice(0, -4)],
  ['with something behind it', `${text}AAAA`],
  ['too long', `shoal1.${'A'.repeat(5_000)}`],
  ['of a tracker without an identity', encodeToken({ ...token, trackers: [multiaddr('/ip4/192.0.2.1/tcp/7071')] })],
  ['of no tracker', encodeToken({ ...token, trackers: [] })],
  ['of too many trackers', encodeToken({ ...token, trackers: Array.from({ length: 9 }, () => token.trackers).flat() })],
  ['with a short secret', encodeToken({ ...token, secret: new Uint8Array(31) })],
])('a token is refused that is %s', (_name, given) => {
  expect(() => parseToken(given)).toThrow('not a whole enrolment token')
})

it('a token that is refused is not repeated in the error', () => {
  try {
    parseToken(`${text}x`)
  } catch (error) {
    expect((error as Error).message).not.toContain(text.slice(20, 40))
  }
  expect.assertions(1)
})
