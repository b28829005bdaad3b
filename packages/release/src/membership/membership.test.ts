import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ReleaseError } from '../error.ts'
import { CLOCK_TOLERANCE_SECONDS, REVOCATIONS_MAX } from '../limits.ts'
import { createSigner } from '../key.ts'
import { MEMBER_ROLES, signCredential, verifyCredential, type Credential } from './credential.ts'
import { judgeCredential } from './judge.ts'
import { signRevocations, verifyRevocations, type Revocations } from './revocations.ts'

const signer = createSigner(new Uint8Array(32).fill(1))
const stranger = createSigner(new Uint8Array(32).fill(2))
const keys = [signer.publicKey]
const fleet = '0123456789abcdef'.repeat(2)
const peer = `12D3KooW${'A'.repeat(44)}`
const credential: Credential = {
  fleet,
  peer,
  site: 'waw-2',
  group: 'tills',
  role: 'device',
  issued: 1_000,
  expires: 2_000,
}
const revocations: Revocations = { fleet, sequence: 3, issued: 1_000, revoked: [{ peer, until: 2_000 }] }

const BASE58 = Array.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz')
const peers = fc
  .array(fc.constantFrom(...BASE58), { minLength: 44, maxLength: 44 })
  .map((letters) => `12D3KooW${letters.join('')}`)
const names = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', '.', '_', '-'), maxLength: 64 })

function everyFlippedBit(bytes: Uint8Array, read: (changed: Uint8Array) => unknown): void {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Uint8Array.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => read(changed)).toThrow(ReleaseError)
  }
}

describe('a credential', () => {
  it('is read back as it was signed', () => {
    const some = fc.record({
      peer: peers,
      site: names,
      group: names,
      role: fc.constantFrom(...MEMBER_ROLES),
      issued: fc.nat(),
    })
    fc.assert(
      fc.property(some, (fields) => {
        const whole = { ...credential, ...fields, expires: fields.issued + 60 }
        expect(verifyCredential(signCredential(whole, signer), keys)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it('that a reader would refuse is not signed', () => {
    expect(() => signCredential({ ...credential, site: 'a b' }, signer)).toThrow('site')
    expect(() => signCredential({ ...credential, expires: 1_000 }, signer)).toThrow('expire')
    expect(() => signCredential({ ...credential, peer: 'QmNobody' }, signer)).toThrow('peer id')
  })

  it('by a key that the root does not name is refused', () => {
    expect(() => verifyCredential(signCredential(credential, stranger), keys)).toThrow('no enrolment key')
  })

  it('cannot be changed in any bit', () => {
    everyFlippedBit(signCredential(credential, signer), (bytes) => verifyCredential(bytes, keys))
  })

  it('does not serve as a list of revocations, nor the other way round', () => {
    expect(() => verifyRevocations(signCredential(credential, signer), keys)).toThrow('does not verify')
    expect(() => verifyCredential(signRevocations(revocations, signer), keys)).toThrow('does not verify')
  })
})

describe('a list of revocations', () => {
  it('is read back as it was signed', () => {
    const lists = fc.record({
      sequence: fc.maxSafeNat().filter((n) => n > 0),
      issued: fc.nat(),
      revoked: fc
        .uniqueArray(fc.record({ peer: peers, until: fc.nat() }), { selector: (each) => each.peer, maxLength: 20 })
        .map((all) => all.sort((a, b) => (a.peer < b.peer ? -1 : 1))),
    })
    fc.assert(
      fc.property(lists, (fields) => {
        const whole = { fleet, ...fields }
        expect(verifyRevocations(signRevocations(whole, signer), keys)).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it('cannot be changed in any bit', () => {
    everyFlippedBit(signRevocations(revocations, signer), (bytes) => verifyRevocations(bytes, keys))
  })

  it('of as many peers as it may name fits into the bytes that it may have', () => {
    const digits = Array.from('ABCDEFGHJKLMNPQR')
    const revoked = Array.from({ length: REVOCATIONS_MAX }, (_, at) => ({
      peer: `12D3KooW${[8, 4, 0].map((shift) => digits[(at >> shift) & 15]).join('')}${'A'.repeat(41)}`,
      until: 4_000_000_000,
    }))
    const signed = signRevocations({ ...revocations, revoked }, signer)
    expect(verifyRevocations(signed, keys).revoked).toEqual(revoked)
  })
})

describe('who is a member', () => {
  const now = { fleet, peer, nowSeconds: 1_500, isRevoked: () => false }

  it.each([
    ['member', {}],
    ['other-fleet', { fleet: 'f'.repeat(32) }],
    ['other-peer', { peer: `12D3KooW${'B'.repeat(44)}` }],
    ['revoked', { isRevoked: () => true }],
    ['not-yet-valid', { nowSeconds: 1_000 - CLOCK_TOLERANCE_SECONDS - 1 }],
    ['member', { nowSeconds: 1_000 - CLOCK_TOLERANCE_SECONDS }],
    ['member', { nowSeconds: 2_000 + CLOCK_TOLERANCE_SECONDS - 1 }],
    ['expired', { nowSeconds: 2_000 + CLOCK_TOLERANCE_SECONDS }],
  ])('is judged %s under %o', (judgement, change) => {
    expect(judgeCredential(credential, { ...now, ...change })).toBe(judgement)
  })
})
