import { releaseAuthority, rootAuthority, isSignedBy, type Authority } from './authority.ts'
import type { Document, RootSigned, SnapshotSigned, TargetsSigned, TimestampSigned } from './document.ts'

type Parts = Pick<MetadataSet, 'roots' | 'targets' | 'releases' | 'snapshot' | 'timestamp'>

/** Metadata that belongs together: every version of root, and one version of each other role. Never changes. */
export class MetadataSet {
  /** In order of their versions, from 1. */
  readonly roots: readonly Document<RootSigned>[]
  readonly targets: Document<TargetsSigned> | undefined
  /** By the name of their role. */
  readonly releases: ReadonlyMap<string, Document<TargetsSigned>>
  readonly snapshot: Document<SnapshotSigned> | undefined
  readonly timestamp: Document<TimestampSigned> | undefined

  constructor(parts: Partial<Parts>) {
    this.roots = parts.roots ?? []
    this.targets = parts.targets
    this.releases = parts.releases ?? new Map()
    this.snapshot = parts.snapshot
    this.timestamp = parts.timestamp
  }

  /** The newest. */
  get root(): Document<RootSigned> {
    const root = this.roots.at(-1)
    if (root === undefined) throw new Error('metadata without a root')
    return root
  }

  get(role: string): Document | undefined {
    switch (role) {
      case 'root':
        return this.root
      case 'targets':
      case 'snapshot':
      case 'timestamp':
        return this[role]
      default:
        return this.releases.get(role)
    }
  }

  /** The same with another document; a root follows on the one before. */
  with(role: string, document: Document): MetadataSet {
    const { roots, targets, releases, snapshot, timestamp } = this
    const parts = { roots, targets, releases, snapshot, timestamp }
    switch (role) {
      case 'root':
        return new MetadataSet({ ...parts, roots: [...roots, document as Document<RootSigned>] })
      case 'targets':
      case 'snapshot':
      case 'timestamp':
        return new MetadataSet({ ...parts, [role]: document })
      default:
        return new MetadataSet({ ...parts, releases: new Map(releases).set(role, document as Document<TargetsSigned>) })
    }
  }

  /** Who must sign a role now; undefined for one that nobody delegates to. */
  authority(role: string): Authority | undefined {
    switch (role) {
      case 'root':
      case 'targets':
      case 'snapshot':
      case 'timestamp':
        return rootAuthority(this.root.signed, role)
      default:
        return this.targets === undefined ? undefined : releaseAuthority(this.targets.signed, role)
    }
  }
}

export interface Merged {
  set: MetadataSet
  /** The highest version of each role that is taken. */
  versions: ReadonlyMap<string, number>
}

/**
 * The newest of what the repository keeps and what the origin offers, before all that which its keys still vouch for.
 * @param distrusted a role whose key others have: what the origin has of it counts only where this repository has nothing
 */
export function mergeMetadata(stored: MetadataSet, offered: MetadataSet, distrusted?: string): Merged {
  const versions = new Map<string, number>()
  let set = new MetadataSet({ roots: offered.roots })
  const merge = (role: string): void => {
    const own = stored.get(role)
    const there = offered.get(role)
    const isTrusted = role !== distrusted || own === undefined
    const candidates = [isTrusted ? there : undefined, own].filter((document) => document !== undefined)
    const authority = set.authority(role)
    const valid = candidates.filter((document) => isSignedBy(document, authority))
    const chosen = highest(valid) ?? highest(candidates)
    if (chosen === undefined) return
    set = set.with(role, chosen)
    // Devices forget timestamps and snapshots of replaced keys, which ends a fast-forward; of other roles they remember versions.
    const isForgotten = role === 'timestamp' || role === 'snapshot'
    const seen = isForgotten || there === undefined ? candidates : [...candidates, there]
    versions.set(role, Math.max(...seen.map(({ signed }) => signed.version)))
  }
  merge('targets')
  for (const role of new Set([...offered.releases.keys(), ...stored.releases.keys()])) merge(role)
  merge('snapshot')
  merge('timestamp')
  versions.set('root', set.root.signed.version)
  return { set, versions }
}

/** The first of those with the highest version. */
function highest(documents: readonly Document[]): Document | undefined {
  return documents.toSorted((a, b) => b.signed.version - a.signed.version)[0]
}
