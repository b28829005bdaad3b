/** One file of metadata, held to more than the library asks of it. What it means is decided in `trusted-set.ts`. */
import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from '@tufjs/models'
import {
  PATTERN_CHARACTERS_MAX,
  RELEASES_PER_ROLE_MAX,
  ROLES_MAX,
  ROOT_BYTES_MAX,
  SNAPSHOT_BYTES_MAX,
  TARGETS_BYTES_MAX,
  TIMESTAMP_BYTES_MAX,
} from '../limits.ts'
import { isRecord } from '../manifest/wire.ts'
import { readDocument, refuse, type JsonObject } from './document.ts'

/** Delegated roles are of kind `targets`. */
export type Kind = 'root' | 'timestamp' | 'snapshot' | 'targets'

/** Of a file, in bytes. */
export const METADATA_BYTES_MAX: Readonly<Record<Kind, number>> = {
  root: ROOT_BYTES_MAX,
  timestamp: TIMESTAMP_BYTES_MAX,
  snapshot: SNAPSHOT_BYTES_MAX,
  targets: TARGETS_BYTES_MAX,
}

export interface MetadataOf {
  root: Metadata<Root>
  timestamp: Metadata<Timestamp>
  snapshot: Metadata<Snapshot>
  targets: Metadata<Targets>
}

const KINDS = {
  root: MetadataKind.Root,
  timestamp: MetadataKind.Timestamp,
  snapshot: MetadataKind.Snapshot,
  targets: MetadataKind.Targets,
} as const

/** What is said before anything is verified. */
export interface Claims {
  version: number
  expires: Date
}

/** RFC 3339 in UTC, to the second, as the specification has it; the library takes whatever `Date` does, and some of that never expires. */
const EXPIRES = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

export function parseMetadata<K extends Kind>(
  kind: K,
  bytes: Uint8Array,
  bytesMax = METADATA_BYTES_MAX[kind],
): MetadataOf[K] {
  const document = readDocument(bytes, bytesMax)
  checkSigned(kind, document)
  try {
    return Metadata.fromJSON(KINDS[kind] as MetadataKind.Root, document as never) as MetadataOf[K]
  } catch (error) {
    refuse('metadata-shape', `it is no ${kind} metadata: ${(error as Error).message}`, error)
  }
}

/** All that can be held against the bytes alone, without building the models. */
export function checkMetadata(kind: Kind, bytes: Uint8Array, bytesMax: number): Claims {
  return checkSigned(kind, readDocument(bytes, bytesMax))
}

function checkSigned(kind: Kind, document: JsonObject): Claims {
  const signed = document['signed']
  if (!isRecord(signed) || signed['_type'] !== kind) refuse('metadata-shape', `it is not signed as ${kind}`)
  const { version, expires } = signed
  if (!Number.isSafeInteger(version) || (version as number) < 1) {
    refuse('metadata-version', 'the version is not a whole number from 1 up to 2^53 - 1')
  }
  if (typeof expires !== 'string' || !EXPIRES.test(expires)) {
    refuse('metadata-expires', 'expires is not a time of the form 2030-01-31T23:59:59Z')
  }
  checkCount(signed, 'meta', ROLES_MAX)
  checkCount(signed, 'targets', RELEASES_PER_ROLE_MAX)
  if (kind === 'root') checkKeys(signed)
  const delegations = signed['delegations']
  if (kind === 'targets' && isRecord(delegations)) checkDelegations(delegations)
  return { version: version as number, expires: new Date(expires) }
}

/** The library takes time with the square of the entries, and it reads them before it looks at who signed. */
function checkCount(holder: JsonObject, field: string, max: number): void {
  const entries = holder[field]
  if (typeof entries !== 'object' || entries === null || Object.keys(entries).length <= max) return
  refuse('metadata-size', `${field} has more than ${max} entries`)
}

function checkDelegations(delegations: JsonObject): void {
  checkCount(delegations, 'roles', ROLES_MAX)
  checkKeys(delegations)
  const { roles } = delegations
  if (!Array.isArray(roles)) return
  const names = roles.map((role: unknown) => (isRecord(role) ? role['name'] : undefined))
  if (new Set(names).size !== names.length) refuse('metadata-roles', 'a role is delegated to twice')
  for (const name of names) {
    // Objects hold such names in another order than the document, and the order is the priority; others have a meaning of their own.
    if (typeof name !== 'string' || /^\d*$/.test(name) || name in Object.prototype) {
      refuse('metadata-roles', 'a delegated role has a name that is not allowed')
    }
  }
  for (const role of roles) {
    const paths: unknown = isRecord(role) ? role['paths'] : undefined
    if (Array.isArray(paths) && !paths.every(isPlainPattern)) {
      refuse('metadata-roles', 'a delegated role has a pattern that is not allowed')
    }
  }
}

/** `*` and `?` mean what the specification says; of the rest that the library knows, some never comes to an end. */
function isPlainPattern(pattern: unknown): boolean {
  if (typeof pattern !== 'string' || pattern.length > PATTERN_CHARACTERS_MAX) return false
  return !/[{}()[\]\\]|^[!#]/.test(pattern) && !STARS.test(pattern)
}

/** More of them in one segment than a search goes through quickly. */
const STARS = /(?:\*[^/]*){4}/

/** One key under two ids would count twice towards a threshold. */
function checkKeys(holder: JsonObject): void {
  checkCount(holder, 'keys', ROLES_MAX)
  const { keys } = holder
  if (!isRecord(keys)) refuse('metadata-shape', 'keys is not an object')
  const publics = Object.values(keys).map((key) =>
    isRecord(key) && isRecord(key['keyval']) ? key['keyval']['public'] : undefined,
  )
  if (new Set(publics).size !== publics.length) refuse('metadata-public-keys', 'one public key is listed under two ids')
}
