import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockIdOf, parseReleaseId } from '../cid.ts'
import { createSigner } from './key.ts'
import { encodeTrustedRoot, parseTrustedRoot } from './root.ts'
import { signStatement, verifyStatement } from './statement.ts'

const signer = createSigner(new Uint8Array(32).fill(1))
const stranger = createSigner(new Uint8Array(32).fill(2))
const root = { fleet: '0123456789abcdef'.repeat(2), keys: [{ keyId: signer.keyId, publicKey: signer.publicKey }] }
const wanted = { product: 'p', channel: 'c', platform: 'any' }
const statement = {
  ...wanted,
  fleet: root.fleet,
  version: '1.0',
  counter: 1,
  release: parseReleaseId(blockIdOf(Buffer.from('x'))),
  sizeBytes: 5,
}

test('what the fleet signed is read back as it was', () => {
  const numbers = fc.record({ counter: fc.maxSafeNat().filter((n) => n > 0), sizeBytes: fc.nat() })
  fc.assert(
    fc.property(numbers, (some) => {
      const signed = signStatement({ ...statement, ...some }, signer)
      expect(verifyStatement(signed, root, wanted)).toEqual({ ...statement, ...some })
    }),
    { numRuns: 30 },
  )
})

test('a statement that a device would refuse is not signed', () => {
  expect(() => signStatement({ ...statement, counter: 0 }, signer)).toThrow('counter')
  expect(() => signStatement({ ...statement, version: '..' }, signer)).toThrow('version')
})

test('a key that the root does not name cannot sign', () => {
  expect(() => verifyStatement(signStatement(statement, stranger), root, wanted)).toThrow('no key of the trusted root')
})

test('no bit of a signed statement can be changed', () => {
  const signed = signStatement(statement, signer)
  for (let bit = 0; bit < signed.length * 8; bit++) {
    const changed = Uint8Array.from(signed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => verifyStatement(changed, root, wanted)).toThrow()
  }
})

test('a root reads back as it was', () => {
  const two = { ...root, keys: [...root.keys, { keyId: stranger.keyId, publicKey: stranger.publicKey }] }
  expect(parseTrustedRoot(encodeTrustedRoot(two))).toEqual(two)
})
