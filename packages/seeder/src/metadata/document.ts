/** Metadata of The Update Framework as it is written here. What is read was parsed strictly before it is taken for one of these. */
import { parseMetadata, type encodeFleet } from '@shoal/release'
import type { PublicKey } from '../keys/public-key.ts'

/** Of the specification that metadata is written by. */
export const SPEC_VERSION = '1.0.34'

export type TopRole = 'root' | 'targets' | 'snapshot' | 'timestamp'
export const TOP_ROLES: readonly TopRole[] = ['root', 'targets', 'snapshot', 'timestamp']

export function isTopRole(role: string): role is TopRole {
  return (TOP_ROLES as readonly string[]).includes(role)
}

export type RoleKeys = { keyids: string[]; threshold: number }
export type KeyTable = { [keyId: string]: PublicKey }

type Common<K extends TopRole> = { _type: K; spec_version: string; version: number; expires: string }

export type RootSigned = Common<'root'> & {
  consistent_snapshot: true
  keys: KeyTable
  roles: Record<TopRole, RoleKeys>
  'x-shoal': ReturnType<typeof encodeFleet>
}
export type Delegation = RoleKeys & { name: string; terminating: true; paths: string[] }
export type TargetEntry = { length: number; hashes: { sha256: string }; custom: { counter: number; cid: string } }
export type TargetsSigned = Common<'targets'> & {
  targets: { [path: string]: TargetEntry }
  delegations?: { keys: KeyTable; roles: Delegation[] }
}
export type FileMeta = { version: number; length: number; hashes: { sha256: string } }
export type SnapshotSigned = Common<'snapshot'> & { meta: { [file: string]: FileMeta } }
export type TimestampSigned = Common<'timestamp'> & { meta: { 'snapshot.json': FileMeta } }
export type AnySigned = RootSigned | TargetsSigned | SnapshotSigned | TimestampSigned

export type Signature = { keyid: string; sig: string }

/** One version of a role's metadata, and its exact bytes: other metadata names their hash. */
export interface Document<S extends AnySigned = AnySigned> {
  readonly signed: S
  readonly signatures: readonly Signature[]
  readonly bytes: Uint8Array
}

export function encodeDocument<S extends AnySigned>(signed: S, signatures: readonly Signature[]): Document<S> {
  return { signed, signatures, bytes: Buffer.from(`${JSON.stringify({ signatures, signed })}\n`) }
}

/** @throws ReleaseError METADATA_INVALID */
export function decodeDocument<S extends AnySigned>(kind: S['_type'], bytes: Uint8Array): Document<S> {
  parseMetadata(kind, bytes)
  const { signed, signatures } = JSON.parse(Buffer.from(bytes).toString()) as Document<S>
  return { signed, signatures, bytes }
}
