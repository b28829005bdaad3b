/**
 * What is trusted, as the specification's client workflow has it (5.3 to 5.6): nothing gets in but by the signatures of what is
 * there, and never an older version than was there. tuf-js decides; what it lets through too easily is stopped before it.
 */
import type { Metadata, Root, Snapshot, Targets, Timestamp } from '@tufjs/models'
import { TrustedMetadataStore } from 'tuf-js/dist/store.js'
import { ReleaseError } from '../error.ts'
import { checkMetadata, METADATA_BYTES_MAX, parseMetadata, type Claims, type Kind } from './metadata.ts'
import { metadataFile } from './names.ts'
import { FLEET_FIELD, readFleet } from './root.ts'
import { expired, untrusted } from './verdict.ts'

export type MetadataCaps = Readonly<Record<Kind, number>>

/** Verified metadata as it was published, to be kept and to be served to others. */
export interface MetadataFiles {
  /** Root metadata, one version after the other; the first is the one that is trusted from the start. */
  readonly roots: readonly Uint8Array[]
  /** The newest of every other role: timestamp, snapshot, targets, and delegated roles by name. */
  readonly roles: ReadonlyMap<string, Uint8Array>
}

export class TrustedSet {
  readonly #store: TrustedMetadataStore
  readonly #roots: Uint8Array[]
  readonly #roles = new Map<string, Uint8Array>()
  readonly #now: Date
  readonly #caps: MetadataCaps

  /** @param root the one root that is believed without another vouching for it, but for its own signatures */
  constructor(root: Uint8Array, now: Date, caps: MetadataCaps = METADATA_BYTES_MAX) {
    this.#now = now
    this.#caps = caps
    checkMetadata('root', root, caps.root)
    this.#store = attempt('root', () => new TrustedMetadataStore(Buffer.from(root)))
    // The library takes its clock from the system; here it is given, and stays for the whole refresh (5.1).
    ;(this.#store as unknown as { referenceTime: Date }).referenceTime = now
    this.#roots = [root]
  }

  get root(): Metadata<Root> {
    return this.#store.root
  }

  get timestamp(): Metadata<Timestamp> | undefined {
    return this.#store.timestamp
  }

  /** Only once it is the one that the timestamp names. */
  get snapshot(): Metadata<Snapshot> | undefined {
    return this.#roles.has('snapshot') ? this.#store.snapshot : undefined
  }

  role(name: string): Metadata<Targets> | undefined {
    return this.#roles.has(name) ? this.#store.getRole(name) : undefined
  }

  files(): MetadataFiles {
    return { roots: [...this.#roots], roles: new Map(this.#roles) }
  }

  /** Another one with the same roots and no more. */
  withRootsOnly(): TrustedSet {
    const [first, ...others] = this.#roots as [Uint8Array, ...Uint8Array[]]
    const set = new TrustedSet(first, this.#now, this.#caps)
    for (const root of others) set.updateRoot(root)
    return set
  }

  updateRoot(bytes: Uint8Array): void {
    checkMetadata('root', bytes, this.#caps.root)
    if (FLEET_FIELD in this.root.signed.unrecognizedFields) this.#refuseOtherFleet(bytes)
    attempt('root', () => this.#store.updateRoot(Buffer.from(bytes)))
    this.#roots.push(bytes)
  }

  /** Takes a timestamp, unless it is the version that is there already. An expired one only counts against older ones. */
  updateTimestamp(bytes: Uint8Array): void {
    const claims = checkMetadata('timestamp', bytes, this.#caps.timestamp)
    this.#refuseExpiredRoot()
    if (this.timestamp?.signed.version === claims.version) return
    try {
      attempt('timestamp', () => this.#store.updateTimestamp(Buffer.from(bytes)))
    } catch (error) {
      throw this.#isExpired(claims) && this.timestamp?.signed.version === claims.version
        ? expired('timestamp', claims.expires)
        : error
    }
    this.#roles.set('timestamp', bytes)
  }

  /** One from an earlier refresh may be out of date by now; then nothing can be built on it. */
  refuseExpiredTimestamp(): void {
    const timestamp = this.timestamp?.signed
    if (timestamp === undefined) return
    const expires = new Date(timestamp.expires)
    if (this.#isExpired({ expires })) throw expired('timestamp', expires)
  }

  /** A snapshot from an earlier refresh: kept when it is current, and to hold the next one against when it is not. */
  recallSnapshot(bytes: Uint8Array): void {
    checkMetadata('snapshot', bytes, this.#caps.snapshot)
    attempt('snapshot', () => this.#store.updateSnapshot(Buffer.from(bytes), true))
    this.#roles.set('snapshot', bytes)
  }

  updateSnapshot(bytes: Uint8Array): void {
    const claims = checkMetadata('snapshot', bytes, this.#caps.snapshot)
    // Before the library, which would keep what does not fit, and hold the right one against it.
    this.#refuseOther('snapshot', claims, this.timestamp?.signed.snapshotMeta.version)
    attempt('snapshot', () => this.#store.updateSnapshot(Buffer.from(bytes)))
    this.#roles.set('snapshot', bytes)
  }

  /** Takes a targets role. The delegator vouches for it also when another one did so before. */
  updateTargets(role: string, delegator: string, bytes: Uint8Array): void {
    const claims = checkMetadata('targets', bytes, this.#caps.targets)
    this.#refuseOther(role, claims, this.#metaOf(role).version)
    attempt(role, () => this.#store.updateDelegatedTargets(Buffer.from(bytes), role, delegator))
    this.#roles.set(role, bytes)
  }

  /** Where a role that the snapshot (or for the snapshot, the timestamp) names is found, and how long it may be. */
  locate(role: string): { file: string; bytesMax: number } {
    const kind = role === 'snapshot' ? 'snapshot' : 'targets'
    const meta = role === 'snapshot' ? this.#store.timestamp?.signed.snapshotMeta : this.#metaOf(role)
    if (meta === undefined) throw missing('timestamp')
    const version = this.root.signed.consistentSnapshot ? meta.version : undefined
    return { file: metadataFile(role, version), bytesMax: Math.min(meta.length ?? Infinity, this.#caps[kind]) }
  }

  #metaOf(role: string): Snapshot['meta'][string] {
    if (this.#store.snapshot === undefined) throw missing('snapshot')
    const { meta } = this.#store.snapshot.signed
    const found = Object.hasOwn(meta, `${role}.json`) ? meta[`${role}.json`] : undefined
    if (found === undefined) throw missing(role)
    return found
  }

  #refuseOther(role: string, { version, expires }: Claims, wanted: number | undefined): void {
    if (version !== wanted) {
      const message = `metadata: version ${version} of ${role} is not the one that was announced`
      throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-rollback', message)
    }
    if (this.#isExpired({ expires })) throw expired(role, expires)
  }

  /** A fleet keeps its name, and every root says who its members are. */
  #refuseOtherFleet(bytes: Uint8Array): void {
    if (readFleet(parseMetadata('root', bytes)).fleet === readFleet(this.root).fleet) return
    throw new ReleaseError('METADATA_UNTRUSTED', 'metadata-other-fleet', 'metadata: root is of another fleet')
  }

  #refuseExpiredRoot(): void {
    const expires = new Date(this.root.signed.expires)
    if (this.#isExpired({ expires })) throw expired('root', expires)
  }

  #isExpired({ expires }: Pick<Claims, 'expires'>): boolean {
    return this.#now >= expires
  }
}

function missing(role: string): ReleaseError {
  return new ReleaseError('METADATA_UNTRUSTED', 'metadata-missing', `metadata: there is no ${role}`)
}

function attempt<T>(role: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw untrusted(role, error)
  }
}
