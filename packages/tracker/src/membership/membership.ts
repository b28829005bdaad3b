/**
 * One node's part in a private fleet: its own credential, the newest revocations, and which members it has let in. No I/O;
 * whoever holds it keeps it on disk and listens for its end.
 */
import {
  judgeCredential,
  ReleaseError,
  verifyCredential,
  verifyRevocations,
  type Credential,
  type Judgement,
  type Revocations,
} from '@shoal/release'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface MembershipConfig {
  /** This node's peer id, as text. */
  peer: string
  /** 32 hex digits. */
  fleet: string
  /** Of the newest trusted root; 32 bytes each. */
  enrolmentKeys: () => readonly Uint8Array[]
  /** 32 bytes that every member of the fleet knows. */
  secret: Uint8Array
  /** This node's own, signed. */
  credential: Uint8Array
  /** The newest list that this node knew. */
  revocations?: Uint8Array
}

export type Standing = Extract<Judgement, 'member' | 'expired' | 'revoked'>

export interface Membership {
  readonly peer: string
  readonly fleet: string
  readonly secret: Uint8Array
  readonly credential: Credential
  /** As it is shown to others. */
  readonly credentialBytes: Uint8Array
  standing(): Standing
  /** Judges what a remote has shown; when it is a member, remembers the credential until `forgetIdle`. */
  admit(remote: string, credential: Uint8Array): Judgement | 'invalid'
  /** The credential, if it makes the remote a member now. Remembers nothing: no connection has proven who the remote is. */
  vouch(remote: string, credential: Uint8Array): Credential | undefined
  /** What the remote was admitted with. */
  memberOf(remote: string): Credential | undefined
  /** How a remote that was admitted would be judged now; undefined for one that was not. */
  judge(remote: string): Judgement | undefined
  /** Forgets whom it has let in some time ago and is not connected. */
  forgetIdle(isConnected: (remote: string) => boolean): void
  isRevoked(peer: string): boolean
  /**
   * Takes this node's next credential.
   * @throws TrackerError CREDENTIAL_REFUSED when it is not one of this node, or expires before the present one
   */
  renew(credential: Uint8Array): void
  /** Takes a newer list; false for one that is not newer. @throws ReleaseError REVOCATIONS_INVALID */
  takeRevocations(bytes: Uint8Array): boolean
  /** The newest list, signed, to be told to others. */
  revocations(): Uint8Array | undefined
  /** 0 when there is no list yet. */
  readonly sequence: number
  /** Called after a change of the own credential or of the revocations. Returns how to stop. */
  onChange(listener: () => void): () => void
}

interface Admitted {
  credential: Credential
  atSeconds: number
}

/** @throws TrackerError CREDENTIAL_REFUSED, ReleaseError REVOCATIONS_INVALID */
export function createMembership(
  config: MembershipConfig,
  nowSeconds: () => number = () => Math.floor(Date.now() / 1_000),
): Membership {
  const { peer, fleet, enrolmentKeys, secret } = config
  const admitted = new Map<string, Admitted>()
  const listeners = new Set<() => void>()
  let own = { bytes: config.credential, credential: readOwn(config.credential) }
  let list: { bytes: Uint8Array; revocations: Revocations; peers: ReadonlySet<string> } | undefined

  const isRevoked = (each: string): boolean => list?.peers.has(each) === true

  function judgeNow(remote: string, credential: Credential): Judgement {
    return judgeCredential(credential, { fleet, peer: remote, nowSeconds: nowSeconds(), isRevoked })
  }

  function readOwn(bytes: Uint8Array): Credential {
    let credential: Credential
    try {
      credential = verifyCredential(bytes, enrolmentKeys())
    } catch (cause) {
      throw refused(`the credential of this node is not valid: ${(cause as Error).message}`, cause)
    }
    if (credential.peer !== peer)
      throw refused(`the credential is that of ${credential.peer}, and this node is ${peer}`)
    if (credential.fleet !== fleet) throw refused('the credential is of another fleet than root.json')
    return credential
  }

  function readShown(bytes: Uint8Array): Credential | undefined {
    try {
      return verifyCredential(bytes, enrolmentKeys())
    } catch (error) {
      if (error instanceof ReleaseError) return undefined
      throw error
    }
  }

  function changed(): void {
    for (const listener of [...listeners]) listener()
  }

  function take(bytes: Uint8Array): boolean {
    const revocations = verifyRevocations(bytes, enrolmentKeys())
    if (revocations.fleet !== fleet || revocations.sequence <= (list?.revocations.sequence ?? 0)) return false
    list = { bytes, revocations, peers: new Set(revocations.revoked.map((each) => each.peer)) }
    return true
  }

  if (config.revocations !== undefined) take(config.revocations)
  return {
    peer,
    fleet,
    secret,
    get credential() {
      return own.credential
    },
    get credentialBytes() {
      return own.bytes
    },
    get sequence() {
      return list?.revocations.sequence ?? 0
    },
    standing() {
      const judgement = judgeNow(peer, own.credential)
      return judgement === 'revoked' || judgement === 'expired' ? judgement : 'member'
    },
    admit(remote, bytes) {
      const credential = readShown(bytes)
      if (credential === undefined) return 'invalid'
      const judgement = judgeNow(remote, credential)
      if (judgement === 'member') remember(admitted, remote, { credential, atSeconds: nowSeconds() })
      return judgement
    },
    vouch(remote, bytes) {
      const credential = readShown(bytes)
      return credential !== undefined && judgeNow(remote, credential) === 'member' ? credential : undefined
    },
    memberOf: (remote) => admitted.get(remote)?.credential,
    judge(remote) {
      const credential = admitted.get(remote)?.credential
      return credential === undefined ? undefined : judgeNow(remote, credential)
    },
    forgetIdle(isConnected) {
      // A connection that has just passed its handshake is not there yet.
      const before = nowSeconds() - LIMITS.memberIdleSeconds
      for (const [remote, { atSeconds }] of admitted) {
        if (atSeconds < before && !isConnected(remote)) admitted.delete(remote)
      }
    },
    isRevoked,
    renew(bytes) {
      const credential = readOwn(bytes)
      if (credential.expires < own.credential.expires)
        throw refused('the new credential expires before the present one')
      own = { bytes, credential }
      changed()
    },
    takeRevocations(bytes) {
      const isNewer = take(bytes)
      if (isNewer) changed()
      return isNewer
    },
    revocations: () => list?.bytes,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Connections are fewer than this; a member whose connection failed after its handshake must not be remembered for ever. */
function remember(admitted: Map<string, Admitted>, remote: string, entry: Admitted): void {
  admitted.delete(remote)
  const oldest = admitted.keys().next().value
  if (admitted.size >= LIMITS.membersAdmittedMax && oldest !== undefined) admitted.delete(oldest)
  admitted.set(remote, entry)
}

function refused(message: string, cause?: unknown): TrackerError {
  return new TrackerError('CREDENTIAL_REFUSED', message, { cause, fix: 'enrol again with a new token' })
}
