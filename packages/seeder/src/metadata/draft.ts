/** What a role's next version says, or that it needs none. */
import { canonicalize } from '@tufjs/canonical-json'
import { metadataFile, sha256 } from '@shoal/release'
import { isSignedBy } from './authority.ts'
import {
  SPEC_VERSION,
  type AnySigned,
  type Document,
  type FileMeta,
  type RootSigned,
  type SnapshotSigned,
  type TargetsSigned,
  type TimestampSigned,
} from './document.ts'
import type { MetadataSet } from './set.ts'

/** What a command wants to change. */
export interface Change {
  root?: RootSigned | undefined
  targets?: TargetsSigned | undefined
  releases?: ReadonlyMap<string, TargetsSigned>
  /** Roles that are signed anew although they say the same. */
  renew?: ReadonlySet<string>
  /** A document that enough keys signed already; its version is taken as it is. */
  finished?: { role: string; document: Document }
}

/**
 * The body of a role's next version; undefined when the one that is there will do. One that its keys do not vouch for any more is
 * signed anew, so that replacing a key is a change to the role that delegates, and the rest follows.
 * @param set with all that was settled before, in the order root, targets, release roles, snapshot, timestamp
 */
export function draftRole(role: string, set: MetadataSet, offered: MetadataSet, change: Change): AnySigned | undefined {
  const { finished } = change
  if (finished?.role === role) return finished.document.signed
  const isRenewed = change.renew?.has(role) === true
  switch (role) {
    case 'root':
      return change.root ?? (isRenewed ? set.root.signed : undefined)
    case 'snapshot': {
      const meta = snapshotMeta(set)
      const there = stillGood(role, set, offered.snapshot)
      return isRenewed || there === undefined || canonicalize(there.meta) !== canonicalize(meta)
        ? ({ _type: 'snapshot', spec_version: SPEC_VERSION, version: 0, expires: '', meta } satisfies SnapshotSigned)
        : undefined
    }
    case 'timestamp': {
      const meta = { 'snapshot.json': fileMeta(set.snapshot) }
      const there = stillGood(role, set, offered.timestamp)
      return isRenewed || there === undefined || canonicalize(there.meta) !== canonicalize(meta)
        ? ({ _type: 'timestamp', spec_version: SPEC_VERSION, version: 0, expires: '', meta } satisfies TimestampSigned)
        : undefined
    }
    default: {
      const changed = role === 'targets' ? change.targets : change.releases?.get(role)
      const there = set.get(role)
      if (changed !== undefined || there === undefined) return changed
      return isRenewed || !isSignedBy(there, set.authority(role)) ? there.signed : undefined
    }
  }
}

/** What the origin has, if its keys still vouch for it. */
function stillGood<S extends SnapshotSigned | TimestampSigned>(
  role: string,
  set: MetadataSet,
  there: Document<S> | undefined,
): S | undefined {
  return there !== undefined && isSignedBy(there, set.authority(role)) ? there.signed : undefined
}

/** A channel appears with its first release; until then there is nothing to name. */
function snapshotMeta(set: MetadataSet): SnapshotSigned['meta'] {
  const meta: SnapshotSigned['meta'] = { 'targets.json': fileMeta(set.targets) }
  for (const [role, document] of set.releases) {
    if (set.authority(role) !== undefined) meta[metadataFile(role)] = fileMeta(document)
  }
  return meta
}

function fileMeta(document: Document | undefined): FileMeta {
  if (document === undefined) throw new Error('metadata is named that is not there')
  const { signed, bytes } = document
  return {
    version: signed.version,
    length: bytes.length,
    hashes: { sha256: Buffer.from(sha256(bytes)).toString('hex') },
  }
}
