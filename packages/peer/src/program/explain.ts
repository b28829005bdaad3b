/** Exit codes and advice for the peer's own errors; the one table that people and scripts meet. */
import { EXIT, type Explanation } from '@shoal/cli'
import { ReleaseError } from '@shoal/release'
import { PeerError, type PeerErrorCode } from '../error.ts'

const ADVICE: Record<PeerErrorCode, { exit: number; fix: string }> = {
  STORE_LOCKED: { exit: EXIT.failure, fix: 'stop the other process, or choose another folder' },
  STORE_CORRUPT: { exit: EXIT.failure, fix: 'run the same again: what is damaged is fetched anew' },
  STORE_DENIED: { exit: EXIT.failure, fix: 'check the owner and mode of the folder' },
  DISK_FULL: { exit: EXIT.failure, fix: 'free some space, then run the same again: it goes on where it stopped' },
  CHUNK_GONE: { exit: EXIT.failure, fix: 'run the same again: what changed on disk is fetched anew' },
  CHUNK_MISMATCH: { exit: EXIT.verification, fix: 'run the same again; if it stays, the source is damaged' },
  ORIGIN_UNREACHABLE: {
    exit: EXIT.failure,
    fix: 'check the URL and the network, or use --no-origin where neighbours have it',
  },
  ORIGIN_CORRUPT: { exit: EXIT.verification, fix: 'publish the release again: the origin holds damaged bytes' },
  ORIGIN_INVALID: { exit: EXIT.failure, fix: 'check that the URL is that of a shoal origin' },
  NOT_FOUND: { exit: EXIT.notFound, fix: 'check product, channel, version and platform' },
  CONFIG_INVALID: { exit: EXIT.usage, fix: 'see shoal-peer --help' },
  PROTOCOL_VIOLATION: { exit: EXIT.failure, fix: 'run the same again: the neighbour was left out' },
  IDENTITY_INVALID: { exit: EXIT.failure, fix: 'remove the key file; a new identity is made at the next start' },
  LISTEN_FAILED: { exit: EXIT.failure, fix: 'stop the other program, or listen elsewhere with --listen' },
  RELEASE_MISMATCH: { exit: EXIT.verification, fix: 'publish the release again' },
  NOT_ENROLLED: {
    exit: EXIT.notAllowed,
    fix: 'get a token from the operator (shoal-tracker enroll-token), then run: shoal-peer enroll TOKEN, with the same --state-dir',
  },
  MEMBERSHIP_ENDED: { exit: EXIT.notAllowed, fix: 'ask the operator of the fleet' },
  ENROLMENT_REFUSED: { exit: EXIT.notAllowed, fix: 'ask the operator for a new token' },
  TOKEN_INVALID: { exit: EXIT.usage, fix: 'copy the whole token: it begins with shoal1.' },
  TRACKER_UNREACHABLE: { exit: EXIT.unreachable, fix: 'check that the tracker runs and can be reached' },
  REFUSED_BY_POLICY: {
    exit: EXIT.refused,
    fix: 'name the version (PRODUCT@CHANNEL:VERSION), or let the daemon take part in the rollout: shoal-peer run',
  },
  TIMEOUT: {
    exit: EXIT.timeout,
    fix: 'allow the origin, name a neighbour with --peer or a tracker with --tracker, or wait longer with --timeout',
  },
}

export function explainPeerError(error: unknown): Explanation | undefined {
  if (error instanceof PeerError) {
    const { exit, fix } = ADVICE[error.code]
    return { code: error.code, message: error.message, exit, fix: error.fix ?? fix }
  }
  if (error instanceof ReleaseError) {
    return { code: String(error.code), exit: EXIT.verification, message: error.message, fix: fixOf(String(error.code)) }
  }
  return undefined
}

function fixOf(code: string): string {
  if (code !== 'METADATA_EXPIRED') {
    return 'nothing was installed; ask whoever publishes the release, and check that root.json is the right one'
  }
  return 'nothing was installed; check the clock of this machine, or have the publisher run: shoal-seeder refresh-timestamp'
}
