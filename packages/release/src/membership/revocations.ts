/** The members that a private fleet has put out before their credentials expire: one signed list, whose sequence only rises. */
import { ReleaseError } from '../error.ts'
import { REVOCATIONS_BYTES_MAX, REVOCATIONS_MAX } from '../limits.ts'
import { decodeCanonical, encode, hasKeys, isCount, isRecord } from '../manifest/wire.ts'
import type { Rule } from '../rules.ts'
import { openSigned, sealSigned, type EnrolmentSigner, type Purpose } from './envelope.ts'
import { isFleet, isPeerName, isSeconds } from './fields.ts'

export interface Revocations {
  fleet: string
  /** Rises with every list; at least 1. */
  sequence: number
  /** Unix seconds. */
  issued: number
  /** In the order of peers. `until`, in unix seconds, is when the last credential of the peer has expired anyway. */
  revoked: Revoked[]
}

export interface Revoked {
  peer: string
  until: number
}

const TYPE = 'shoal/revocations'
const KEYS = ['v', 'type', 'fleet', 'sequence', 'issued', 'revoked']
const PURPOSE: Purpose = {
  domain: 'shoal/revocations/v1\0',
  bytesMax: REVOCATIONS_BYTES_MAX,
  refuse: (rule, message) => refuse(`revocations-${rule}`, message),
}

/** @throws ReleaseError REVOCATIONS_INVALID for what a reader would refuse */
export function signRevocations(revocations: Revocations, signer: EnrolmentSigner): Uint8Array {
  const { fleet, sequence, issued, revoked } = revocations
  const entries = revoked.map(({ peer, until }) => [peer, until])
  const signed = encode({ v: 1, type: TYPE, fleet, sequence, issued, revoked: entries })
  decodeRevocations(signed)
  return sealSigned(PURPOSE, signed, signer)
}

/** @throws ReleaseError REVOCATIONS_INVALID */
export function verifyRevocations(bytes: Uint8Array, enrolmentKeys: readonly Uint8Array[]): Revocations {
  return decodeRevocations(openSigned(PURPOSE, bytes, enrolmentKeys))
}

function decodeRevocations(bytes: Uint8Array): Revocations {
  const value = decodeCanonical(bytes)
  if (!isRecord(value) || !hasKeys(value, KEYS) || value['type'] !== TYPE || value['v'] !== 1) {
    refuse(
      'revocations-shape',
      `the signed bytes are no canonical map of ${KEYS.join(', ')}, with type "${TYPE}" and v 1`,
    )
  }
  const { fleet, sequence, issued, revoked } = value
  if (!isFleet(fleet)) refuse('revocations-fleet', 'the fleet is not 32 hex digits')
  if (!isCount(sequence, Number.MAX_SAFE_INTEGER) || sequence === 0) {
    refuse('revocations-sequence', 'the sequence is not a whole number from 1 up to 2^53 - 1')
  }
  if (!isSeconds(issued)) refuse('revocations-issued', 'the time of issue is not in whole unix seconds')
  if (!Array.isArray(revoked) || revoked.length > REVOCATIONS_MAX) {
    refuse('revocations-count', `it does not list at most ${REVOCATIONS_MAX} peers`)
  }
  return { fleet, sequence, issued, revoked: inOrder(revoked.map(readEntry)) }
}

function readEntry(entry: unknown): Revoked {
  if (!Array.isArray(entry) || entry.length !== 2)
    refuse('revocations-entry', 'an entry is not a pair of peer and time')
  const [peer, until] = entry as unknown[]
  if (!isPeerName(peer) || !isSeconds(until)) {
    refuse('revocations-entry', 'an entry is not the text of an ed25519 peer id and whole unix seconds')
  }
  return { peer, until }
}

function inOrder(revoked: Revoked[]): Revoked[] {
  if (revoked.some(({ peer }, at) => at > 0 && peer <= (revoked[at - 1] as Revoked).peer)) {
    refuse('revocations-order', 'the peers are not in their order, each once')
  }
  return revoked
}

function refuse(rule: Rule<'REVOCATIONS_INVALID'>, message: string): never {
  throw new ReleaseError('REVOCATIONS_INVALID', rule, `revocations: ${message}`)
}
