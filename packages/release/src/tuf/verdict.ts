/** The library's complaints, in this project's words. */
import { ReleaseError } from '../error.ts'
import type { Rule } from '../rules.ts'

/** What each class of error of tuf-js and @tufjs/models means. Classes are told by name: the packages carry one each of some. */
const RULE_OF: Record<string, Rule<'METADATA_UNTRUSTED'>> = {
  UnsignedMetadataError: 'metadata-signatures',
  BadVersionError: 'metadata-rollback',
  EqualVersionError: 'metadata-rollback',
  LengthOrHashMismatchError: 'metadata-hash',
  RepositoryError: 'metadata-inconsistent',
}

/** The verdict on metadata of a role, from what the library threw; errors of this package pass as they are. */
export function untrusted(role: string, error: unknown): ReleaseError {
  if (error instanceof ReleaseError) return error as ReleaseError
  const { constructor, message } = error as Error
  const rule = RULE_OF[constructor.name]
  if (rule !== undefined)
    return new ReleaseError('METADATA_UNTRUSTED', rule, `metadata: ${role}: ${message}`, { cause: error })
  return new ReleaseError('METADATA_INVALID', 'metadata-shape', `metadata: ${role}: ${message}`, { cause: error })
}

export function expired(role: string, expires: Date): ReleaseError {
  return new ReleaseError(
    'METADATA_EXPIRED',
    'metadata-expired',
    `metadata: ${role} expired on ${expires.toISOString()}`,
  )
}
