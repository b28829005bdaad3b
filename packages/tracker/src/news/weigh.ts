/** What the documents are worth to a node, without any I/O. */
import { isNewerTimestamp, ReleaseError, type MetadataFiles } from '@shoal/release'
import type { Membership } from '../membership/membership.ts'
import type { Worth } from './news.ts'

export function weighTimestamp(document: Uint8Array, known: MetadataFiles, now: Date): Worth {
  return weigh(() => isNewerTimestamp(known, document, now))
}

export function weighRevocations(document: Uint8Array, membership: Membership): Worth {
  return weigh(() => membership.takeRevocations(document))
}

/** @param take what a node does with a policy: keeps it, unless it has as new a one */
export function weighPolicy(document: Uint8Array, take: (document: Uint8Array) => 'news' | 'known'): Worth {
  return weigh(() => take(document) === 'news')
}

function weigh(isNewer: () => boolean): Worth {
  try {
    return isNewer() ? 'news' : 'known'
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
    return isProofMissing(error as ReleaseError) ? 'unproven' : 'unreadable'
  }
}

/** Well-formed, but not to be believed here and now. */
function isProofMissing({ code, rule }: ReleaseError): boolean {
  if (code === 'METADATA_UNTRUSTED' || code === 'METADATA_EXPIRED') return true
  return rule === 'revocations-key' || rule === 'revocations-signature'
}
