/** Whether a credential, read and signed, lets this peer into this fleet now. */
import { CLOCK_TOLERANCE_SECONDS } from '../limits.ts'
import type { Credential } from './credential.ts'

export type Judgement = 'member' | 'other-fleet' | 'other-peer' | 'not-yet-valid' | 'expired' | 'revoked'

export interface Circumstances {
  fleet: string
  /** Whose key the other side has proven to hold. */
  peer: string
  nowSeconds: number
  isRevoked: (peer: string) => boolean
}

export function judgeCredential(
  credential: Credential,
  { fleet, peer, nowSeconds, isRevoked }: Circumstances,
): Judgement {
  if (credential.fleet !== fleet) return 'other-fleet'
  if (credential.peer !== peer) return 'other-peer'
  if (isRevoked(peer)) return 'revoked'
  if (credential.issued > nowSeconds + CLOCK_TOLERANCE_SECONDS) return 'not-yet-valid'
  if (credential.expires + CLOCK_TOLERANCE_SECONDS <= nowSeconds) return 'expired'
  return 'member'
}
