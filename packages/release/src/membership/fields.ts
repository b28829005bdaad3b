/** The fields that credentials and revocations share. */
import { NAME_CHARACTERS_MAX } from '../limits.ts'
import { isCount } from '../manifest/wire.ts'

const FLEET = /^[0-9a-f]{32}$/
/** Base58 of an identity multihash of an ed25519 key: always of this length and beginning. */
const PEER = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/
const MEMBER_NAME = /^[A-Za-z0-9._-]*$/
/** The year 9999: later times are of another unit. */
const SECONDS_MAX = 253_402_300_799

export function isFleet(value: unknown): value is string {
  return typeof value === 'string' && FLEET.test(value)
}

export function isPeerName(value: unknown): value is string {
  return typeof value === 'string' && PEER.test(value)
}

/** A site or a group; empty for none. */
export function isMemberName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_CHARACTERS_MAX && MEMBER_NAME.test(value)
}

export function isSeconds(value: unknown): value is number {
  return isCount(value, SECONDS_MAX)
}
