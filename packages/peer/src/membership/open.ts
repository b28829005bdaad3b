/** From what is kept on disk to a membership that holds now, or the reason why this peer has none. */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'
import type { TrustedRoot } from '@shoal/release'
import { createMembership, type Membership } from '@shoal/tracker/client'
import { PeerError } from '../error.ts'
import { membershipFile, readMembership, type StoredMembership } from './file.ts'

export interface OpenedMembership {
  membership: Membership
  stored: StoredMembership
}

/**
 * Undefined in an open fleet.
 * @param root the newest that is trusted
 * @throws PeerError NOT_ENROLLED, MEMBERSHIP_ENDED
 */
export async function openMembership(
  stateDir: string,
  root: () => Pick<TrustedRoot, 'fleet' | 'enrolmentKeys'>,
  identity: PrivateKey,
): Promise<OpenedMembership | undefined> {
  const { fleet, enrolmentKeys } = root()
  if (enrolmentKeys === undefined) return undefined
  const stored = await readMembership(stateDir)
  if (stored === undefined)
    throw new PeerError('NOT_ENROLLED', 'the fleet is private, and this peer is no member of it')
  if (stored.fleet !== fleet) {
    throw new PeerError('NOT_ENROLLED', `${membershipFile(stateDir)} is of another fleet than root.json`)
  }
  const peer = peerIdFromPrivateKey(identity).toString()
  const membership = openStored(stored, peer, () => root().enrolmentKeys ?? [])
  const end = endOf(membership)
  if (end !== undefined) throw end
  return { membership, stored }
}

function openStored(stored: StoredMembership, peer: string, enrolmentKeys: () => readonly Uint8Array[]): Membership {
  const { fleet, secret, credential, revocations } = stored
  const config = { peer, fleet, enrolmentKeys, secret, credential }
  try {
    return createMembership({ ...config, ...(revocations === undefined ? {} : { revocations }) })
  } catch (cause) {
    throw new PeerError('NOT_ENROLLED', (cause as Error).message, { cause })
  }
}

/** Why this peer is no member any more; undefined while it is one. */
export function endOf(membership: Membership): PeerError | undefined {
  switch (membership.standing()) {
    case 'member':
      return undefined
    case 'revoked':
      return new PeerError('MEMBERSHIP_ENDED', `this peer was revoked: ${membership.peer}`, {
        fix: 'ask the operator of the fleet; to come back, it needs a new identity.key and a new token',
      })
    case 'expired': {
      const when = new Date(membership.credential.expires * 1_000).toISOString()
      return new PeerError('MEMBERSHIP_ENDED', `the credential of this peer expired at ${when}`, {
        fix: 'enrol again with a new token: shoal-peer enroll TOKEN; and check the clock of this machine',
      })
    }
  }
}
