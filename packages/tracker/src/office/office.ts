/** The part of a private fleet's tracker that lets members in and puts them out. */
import { sha256, verifyRevocations, type Credential } from '@shoal/release'
import { writeBlob } from '../handshake/blob.ts'
import type { Channel, Handshake } from '../handshake/guard.ts'
import { encodeAnswer, tokenSecretIn, type EnrolmentAnswer } from '../enrolment/message.ts'
import { LIMITS } from '../limits.ts'
import { memberHandshake } from '../membership/handshake.ts'
import { createMembership, type Membership } from '../membership/membership.ts'
import type { MembersQuestion, MembersAnswer } from '../members/message.ts'
import type { Authority } from './authority.ts'
import type { Ledger } from './ledger.ts'

export interface OfficeConfig {
  authority: Authority
  ledger: Ledger
  /** This tracker's own peer id. */
  peer: string
  enrolmentKeys: readonly Uint8Array[]
  credentialSeconds: number
  /** Where members reach this tracker; told to those it enrols. */
  trackers: () => string[]
}

export interface Office {
  readonly membership: Membership
  readonly handshake: Handshake
  /** What a member asks about its own membership. */
  answer(question: MembersQuestion, member: Credential): MembersAnswer
  /** Follows what the commands beside the running tracker have written, and keeps its own credential young. */
  refresh(): void
}

const OWN_GRANT = { site: '', group: '', role: 'tracker' } as const

export function openOffice(config: OfficeConfig, nowSeconds: () => number): Office {
  const { authority, ledger, credentialSeconds } = config
  const issueOwn = (): Uint8Array => authority.issue(config.peer, OWN_GRANT, nowSeconds(), credentialSeconds).bytes
  const membership = createMembership(
    {
      peer: config.peer,
      fleet: authority.fleet,
      enrolmentKeys: () => config.enrolmentKeys,
      secret: authority.memberSecret,
      credential: issueOwn(),
    },
    nowSeconds,
  )

  function enrolWith(secret: Uint8Array, peer: string): EnrolmentAnswer | undefined {
    const now = nowSeconds()
    const redeemed = ledger.redeem(sha256(secret), peer, now, now + credentialSeconds)
    // Nobody here knows this token, so this is no tracker to whoever holds it.
    if (redeemed.status === 'unknown') return undefined
    if (redeemed.status !== 'ok') return { v: 1, status: redeemed.status }
    const root = ledger.root(redeemed.root)
    if (root === undefined) return undefined
    const { bytes } = authority.issue(peer, redeemed.grant, now, credentialSeconds)
    const trackers = config.trackers().slice(0, LIMITS.tokenTrackersMax)
    return { v: 1, status: 'ok', root, credential: bytes, secret: authority.memberSecret, trackers }
  }

  async function enrol(frame: Uint8Array, channel: Channel, remote: string): Promise<boolean> {
    const answer = enrolWith(tokenSecretIn(frame), remote)
    if (answer === undefined) return false
    await writeBlob(channel, encodeAnswer(answer))
    await channel.ended()
    return true
  }

  function renew(member: Credential): Uint8Array {
    const { bytes, credential } = authority.issue(member.peer, member, nowSeconds(), credentialSeconds)
    ledger.record(credential)
    return bytes
  }

  return {
    membership,
    handshake: memberHandshake(membership, { enrol }),
    answer({ renew: wantsNew, sequence }, member) {
      const list = membership.revocations()
      return {
        v: 1,
        ...(wantsNew && !ledger.isRevoked(member.peer) ? { credential: renew(member) } : {}),
        ...(list !== undefined && membership.sequence > sequence ? { revocations: list } : {}),
      }
    },
    refresh() {
      const { issued, expires } = membership.credential
      if (nowSeconds() >= issued + (expires - issued) / 3) membership.renew(issueOwn())
      const newest = membership.revocations()
      if (newest !== undefined && membership.sequence > ledger.sequence()) {
        const { sequence, revoked } = verifyRevocations(newest, config.enrolmentKeys)
        ledger.adopt(sequence, revoked, nowSeconds())
      }
      if (ledger.sequence() <= membership.sequence) return
      const { sequence, revoked } = ledger.revocations(nowSeconds())
      membership.takeRevocations(authority.revoke(sequence, revoked, nowSeconds()))
    },
  }
}
