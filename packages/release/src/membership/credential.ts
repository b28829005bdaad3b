/** A credential: the word of a private fleet's enrolment key that a peer belongs to it, at which site, and until when. */
import { ReleaseError } from '../error.ts'
import { CREDENTIAL_BYTES_MAX, CREDENTIAL_LIFE_SECONDS_MAX } from '../limits.ts'
import { decodeCanonical, encode, hasKeys, isRecord } from '../manifest/wire.ts'
import type { Rule } from '../rules.ts'
import { openSigned, sealSigned, type EnrolmentSigner, type Purpose } from './envelope.ts'
import { isFleet, isMemberName, isPeerName, isSeconds } from './fields.ts'

export interface Credential {
  fleet: string
  /** Text of the libp2p peer id whose key the holder has proven to hold. */
  peer: string
  /** Empty where sites have no names. */
  site: string
  group: string
  role: MemberRole
  /** Unix seconds. */
  issued: number
  expires: number
}

export const MEMBER_ROLES = ['device', 'cache', 'tracker'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

const TYPE = 'shoal/credential'
const KEYS = ['v', 'type', 'fleet', 'peer', 'site', 'group', 'role', 'issued', 'expires']
const PURPOSE: Purpose = {
  domain: 'shoal/credential/v1\0',
  bytesMax: CREDENTIAL_BYTES_MAX,
  refuse: (rule, message) => refuse(`credential-${rule}`, message),
}

/** @throws ReleaseError CREDENTIAL_INVALID for what a reader would refuse */
export function signCredential(credential: Credential, signer: EnrolmentSigner): Uint8Array {
  const { fleet, peer, site, group, role, issued, expires } = credential
  const signed = encode({ v: 1, type: TYPE, fleet, peer, site, group, role, issued, expires })
  decodeCredential(signed)
  return sealSigned(PURPOSE, signed, signer)
}

/**
 * Reads a credential that one of the enrolment keys signed. Whose it is, for which fleet, and whether it is valid now is for
 * `judgeCredential` to say.
 * @throws ReleaseError CREDENTIAL_INVALID
 */
export function verifyCredential(bytes: Uint8Array, enrolmentKeys: readonly Uint8Array[]): Credential {
  return decodeCredential(openSigned(PURPOSE, bytes, enrolmentKeys))
}

function decodeCredential(bytes: Uint8Array): Credential {
  const value = decodeCanonical(bytes)
  if (!isRecord(value) || !hasKeys(value, KEYS) || value['type'] !== TYPE || value['v'] !== 1) {
    refuse(
      'credential-shape',
      `the signed bytes are no canonical map of ${KEYS.join(', ')}, with type "${TYPE}" and v 1`,
    )
  }
  const { fleet, peer, site, group, role, issued, expires } = value
  if (!isFleet(fleet)) refuse('credential-fleet', 'the fleet is not 32 hex digits')
  if (!isPeerName(peer)) refuse('credential-peer', 'the peer is not the text of an ed25519 peer id')
  if (!isMemberName(site) || !isMemberName(group)) {
    refuse('credential-names', 'site and group are not up to 64 letters, digits, dots, dashes and underscores')
  }
  const known = MEMBER_ROLES.find((each) => each === role)
  if (known === undefined) refuse('credential-role', `the role is none of ${MEMBER_ROLES.join(', ')}`)
  if (
    !isSeconds(issued) ||
    !isSeconds(expires) ||
    expires <= issued ||
    expires - issued > CREDENTIAL_LIFE_SECONDS_MAX
  ) {
    refuse('credential-times', `it does not expire within ${CREDENTIAL_LIFE_SECONDS_MAX} seconds after it was issued`)
  }
  return { fleet, peer, site, group, role: known, issued, expires }
}

function refuse(rule: Rule<'CREDENTIAL_INVALID'>, message: string): never {
  throw new ReleaseError('CREDENTIAL_INVALID', rule, `credential: ${message}`)
}
