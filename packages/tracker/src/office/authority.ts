/** What the holder of an enrolment key can say. Pure but for the key. */
import { signCredential, signRevocations, type Credential, type Revoked, type TrustedRoot } from '@shoal/release'
import { hkdfSync } from 'node:crypto'
import { TrackerError } from '../error.ts'
import type { SigningKey } from './key-file.ts'
import type { Grant } from './ledger.ts'

export interface Authority {
  readonly fleet: string
  /** Trackers that share the key agree on it; nobody without the key can compute it. */
  readonly memberSecret: Uint8Array
  issue(peer: string, grant: Grant, issued: number, lifeSeconds: number): { credential: Credential; bytes: Uint8Array }
  revoke(sequence: number, revoked: Revoked[], issued: number): Uint8Array
}

/** @throws TrackerError NOT_PRIVATE, KEY_INVALID when the root does not name the key */
export function createAuthority(root: Pick<TrustedRoot, 'fleet' | 'enrolmentKeys'>, key: SigningKey): Authority {
  const { fleet, enrolmentKeys } = root
  if (enrolmentKeys === undefined) {
    throw new TrackerError('NOT_PRIVATE', 'the fleet of this root.json is open: it has no enrolment key', {
      fix: 'leave --enrolment-key out, or make the fleet private with shoal-seeder',
    })
  }
  if (!enrolmentKeys.some((known) => Buffer.compare(known, key.signer.publicKey) === 0)) {
    throw new TrackerError('KEY_INVALID', 'root.json does not name this enrolment key', {
      fix: 'give the enrolment key that was made together with this root.json',
    })
  }
  return {
    fleet,
    memberSecret: new Uint8Array(
      hkdfSync('sha256', key.secret, Buffer.from(fleet, 'hex'), 'shoal/member-secret/v1', 32),
    ),
    issue(peer, { site, group, role }, issued, lifeSeconds) {
      const credential = { fleet, peer, site, group, role, issued, expires: issued + lifeSeconds }
      return { credential, bytes: signCredential(credential, key.signer) }
    },
    revoke: (sequence, revoked, issued) => signRevocations({ fleet, sequence, issued, revoked }, key.signer),
  }
}
