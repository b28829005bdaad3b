import { describe, expect, it } from 'vitest'
import { createSigner, ReleaseError } from '@shoal/release'
import { credentialOf, membershipOf, NOW, revoking } from '../fixture/fleet.ts'
import { createMembership } from './membership.ts'

const SELF = `12D3KooW${'A'.repeat(44)}`
const OTHER = `12D3KooW${'B'.repeat(44)}`
const stranger = createSigner(new Uint8Array(32).fill(99))

describe('a membership', () => {
  it('is none with the credential of another peer, of another fleet, or of no enrolment key', () => {
    const { secret, fleet } = membershipOf(SELF)
    const open = (credential: Uint8Array) => () =>
      createMembership({ peer: SELF, fleet, enrolmentKeys: () => [], secret, credential })
    expect(open(credentialOf(SELF))).toThrow('no enrolment key')
    expect(() => membershipOf(SELF, { peer: OTHER })).toThrow(/that of 12D3KooWBB/)
    expect(() => membershipOf(SELF, { fleet: 'f'.repeat(32) })).toThrow('another fleet')
  })

  it('remembers whom it has admitted, while they are connected and for a while after', () => {
    const clock = { seconds: NOW }
    const membership = membershipOf(SELF, {}, clock)
    expect(membership.admit(OTHER, credentialOf(OTHER, { site: 'waw' }))).toBe('member')
    expect(membership.memberOf(OTHER)).toMatchObject({ site: 'waw' })
    membership.forgetIdle(() => false)
    expect(membership.judge(OTHER)).toBe('member')
    clock.seconds = NOW + 61
    membership.forgetIdle(() => true)
    expect(membership.judge(OTHER)).toBe('member')
    membership.forgetIdle(() => false)
    expect(membership.memberOf(OTHER)).toBeUndefined()
    expect(membership.judge(OTHER)).toBeUndefined()
  })

  it('admits nobody on the word of a stranger, and nobody on garbage', () => {
    const membership = membershipOf(SELF)
    expect(membership.admit(OTHER, credentialOf(OTHER, {}, stranger))).toBe('invalid')
    expect(membership.admit(OTHER, Buffer.from('garbage'))).toBe('invalid')
    expect(membership.memberOf(OTHER)).toBeUndefined()
  })

  it('never goes back to an older list of revocations', () => {
    const membership = membershipOf(SELF)
    expect(membership.takeRevocations(revoking(2, OTHER))).toBe(true)
    expect(membership.takeRevocations(revoking(1))).toBe(false)
    expect(membership.takeRevocations(revoking(2))).toBe(false)
    expect(membership.admit(OTHER, credentialOf(OTHER))).toBe('revoked')
    expect(membership.revocations()).toEqual(revoking(2, OTHER))
  })

  it('refuses a list that is not of the enrolment key, and keeps the one it has', () => {
    const membership = membershipOf(SELF)
    expect(() => membership.takeRevocations(credentialOf(SELF))).toThrow(ReleaseError)
    expect(membership.sequence).toBe(0)
  })

  it('ends when it is revoked, and when its credential expires', () => {
    const clock = { seconds: NOW }
    const membership = membershipOf(SELF, { expires: NOW + 100 }, clock)
    expect(membership.standing()).toBe('member')
    clock.seconds = NOW + 400
    expect(membership.standing()).toBe('expired')
    membership.takeRevocations(revoking(1, SELF))
    expect(membership.standing()).toBe('revoked')
  })

  it('takes a later credential of its own, tells its listeners, and no earlier one', () => {
    const membership = membershipOf(SELF)
    let told = 0
    const stop = membership.onChange(() => told++)
    membership.renew(credentialOf(SELF, { issued: NOW + 10, expires: NOW + 700_000 }))
    expect(membership.credential.expires).toBe(NOW + 700_000)
    expect(() => membership.renew(credentialOf(SELF))).toThrow('before the present one')
    expect(() => membership.renew(credentialOf(OTHER))).toThrow('and this node is')
    expect(told).toBe(1)
    stop()
    membership.takeRevocations(revoking(1))
    expect(told).toBe(1)
  })
})
