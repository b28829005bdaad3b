import { EXIT, type Explanation } from '@shoal/cli'
import { ReleaseError } from '@shoal/release'
import { SeederError, type SeederErrorCode } from './error.ts'

const OUTCOMES: Record<SeederErrorCode, { exit: number; fix: string }> = {
  REPOSITORY_EXISTS: {
    exit: EXIT.failure,
    fix: 'use it as it is, or choose another --repo; a lost key cannot be made again',
  },
  REPOSITORY_MISSING: { exit: EXIT.notFound, fix: "check --repo, or make one with 'shoal-seeder init --repo DIR'" },
  REPOSITORY_INVALID: { exit: EXIT.failure, fix: 'restore the file from a backup' },
  REPOSITORY_LOCKED: { exit: EXIT.failure, fix: 'wait until the other command has ended' },
  PRODUCT_MISMATCH: { exit: EXIT.usage, fix: 'correct --product, or use the repository of that product' },
  KEY_INVALID: { exit: EXIT.failure, fix: 'correct the key or its passphrase, or where repository.json says it is' },
  KEY_LOCKED: { exit: EXIT.notAllowed, fix: 'set SHOAL_PASSPHRASE, or give --passphrase-file' },
  KEY_UNREACHABLE: {
    exit: EXIT.notAllowed,
    fix: "run it where the key is, or unlock it with SHOAL_PASSPHRASE; 'keys' in repository.json says where each key is",
  },
  KEY_UNKNOWN: { exit: EXIT.notFound, fix: "see the keys of each role with 'shoal-seeder verify --json'" },
  SIGNER_FAILED: {
    exit: EXIT.failure,
    fix: 'run the command by hand: bytes on stdin, the signature as base64 on stdout',
  },
  ROLE_MISSING: { exit: EXIT.notFound, fix: "see the roles with 'shoal-seeder verify'" },
  CHANNEL_MISSING: {
    exit: EXIT.notAllowed,
    fix: "run 'shoal-seeder channel' with the same --repo, --product and --channel where the key of targets is",
  },
  CHANNEL_CONFLICT: { exit: EXIT.conflict, fix: 'name the product or the channel otherwise' },
  THRESHOLD_INVALID: { exit: EXIT.usage, fix: "add keys, lower the threshold, or replace a key with 'rotate'" },
  PENDING_MISSING: { exit: EXIT.notFound, fix: 'check --role; the folder pending/ of the repository holds what waits' },
  PENDING_STALE: { exit: EXIT.conflict, fix: 'make the change again: publish, channel, rotate or revoke' },
  SOURCE_MISSING: { exit: EXIT.notFound, fix: 'check the path of the folder to publish' },
  SOURCE_INVALID: { exit: EXIT.failure, fix: 'change or remove that entry, then publish again' },
  SOURCE_UNREADABLE: { exit: EXIT.failure, fix: 'make it readable for this user, then publish again' },
  SOURCE_CHANGED: { exit: EXIT.failure, fix: 'publish from a folder that nothing writes to' },
  VERSION_CONFLICT: { exit: EXIT.conflict, fix: 'a published version never changes: publish under a new --version' },
  ORIGIN_UNSUPPORTED: { exit: EXIT.usage, fix: 'give --origin a folder' },
  ORIGIN_MISSING: { exit: EXIT.notFound, fix: "check --origin; 'shoal-seeder publish' creates it" },
  ORIGIN_INVALID: { exit: EXIT.usage, fix: 'choose another folder for --origin' },
  ORIGIN_FOREIGN: { exit: EXIT.verification, fix: 'use the repository that this origin belongs to, or another origin' },
  ORIGIN_CORRUPT: { exit: EXIT.verification, fix: 'restore the origin from a backup, or publish to a new one' },
  ORIGIN_BUSY: { exit: EXIT.failure, fix: 'run the same again when the other publisher has ended' },
  LISTEN_FAILED: { exit: EXIT.failure, fix: 'choose another --listen; port 0 takes any free one' },
}

/** What people are told about an error of this package or of the release format. */
export function explainError(error: unknown): Explanation | undefined {
  if (error instanceof SeederError) return { code: error.code, message: error.message, ...OUTCOMES[error.code] }
  if (!(error instanceof ReleaseError)) return undefined
  const { code, message } = error as ReleaseError
  switch (code) {
    case 'NAME_INVALID':
      return { code, message, exit: EXIT.usage, fix: 'correct the name' }
    case 'MANIFEST_INVALID':
    case 'CHUNKING_INVALID':
      // The manifest is made from the folder: what is wrong with it is wrong there.
      return { code: 'SOURCE_INVALID', message: message.replace(/^manifest: /, ''), ...OUTCOMES.SOURCE_INVALID }
    case 'METADATA_INVALID':
      return { code, message, ...OUTCOMES.REPOSITORY_INVALID }
    case 'ID_INVALID':
    case 'BLOCK_INVALID':
    case 'PACK_INDEX_INVALID':
    case 'METADATA_UNTRUSTED':
    case 'METADATA_EXPIRED':
    case 'TARGET_INVALID':
    case 'CREDENTIAL_INVALID':
    case 'REVOCATIONS_INVALID':
    case 'POLICY_INVALID':
    case 'REPORT_INVALID':
      return { code, message, ...OUTCOMES.ORIGIN_CORRUPT }
  }
}
