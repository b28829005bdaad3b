/** root.json: what a device trusts from the start. TUF root metadata that also names the fleet and who lets members in. */
import type { Metadata, Root } from '@tufjs/models'
import { hasKeys, isRecord } from '../manifest/wire.ts'
import { ENROLMENT_KEYS_MAX } from '../limits.ts'
import { refuse } from './document.ts'
import { parseMetadata } from './metadata.ts'
import { untrusted } from './verdict.ts'

export interface TrustedRoot {
  /** 32 hex digits; stays when keys change. */
  fleet: string
  /** ed25519 keys, 32 bytes each, that sign the credentials of members; absent in an open fleet. */
  enrolmentKeys: Uint8Array[] | undefined
  version: number
  bytes: Uint8Array
  metadata: Metadata<Root>
}

/** What the root says of the fleet, in the field `x-shoal` of what is signed. */
export interface Fleet {
  fleet: string
  enrolmentKeys: Uint8Array[] | undefined
}

export const FLEET_FIELD = 'x-shoal'
const FLEET = /^[0-9a-f]{32}$/
const KEY = /^[0-9a-f]{64}$/

export function encodeFleet({ fleet, enrolmentKeys }: Fleet): {
  fleet: string
  members: 'open' | { enrolment: string[] }
} {
  if (enrolmentKeys === undefined) return { fleet, members: 'open' }
  return { fleet, members: { enrolment: enrolmentKeys.map((key) => Buffer.from(key).toString('hex')) } }
}

/** @throws ReleaseError METADATA_INVALID, or METADATA_UNTRUSTED when it is not signed by its own keys */
export function parseTrustedRoot(bytes: Uint8Array): TrustedRoot {
  const metadata = parseMetadata('root', bytes)
  try {
    metadata.verifyDelegate('root', metadata)
  } catch (error) {
    throw untrusted('root', error)
  }
  return { ...readFleet(metadata), version: metadata.signed.version, bytes, metadata }
}

export function readFleet(root: Metadata<Root>): Fleet {
  const field = root.signed.unrecognizedFields[FLEET_FIELD]
  if (!isRecord(field) || !hasKeys(field, ['fleet', 'members']))
    refuse('metadata-fleet', `root has no ${FLEET_FIELD} with fleet and members`)
  const { fleet, members } = field
  if (typeof fleet !== 'string' || !FLEET.test(fleet)) refuse('metadata-fleet', 'fleet is not 32 hex digits')
  if (members === 'open') return { fleet, enrolmentKeys: undefined }
  const keys = isRecord(members) && hasKeys(members, ['enrolment']) ? members['enrolment'] : undefined
  if (
    !Array.isArray(keys) ||
    keys.length === 0 ||
    keys.length > ENROLMENT_KEYS_MAX ||
    new Set(keys).size !== keys.length
  ) {
    refuse('metadata-fleet', `members is neither "open" nor 1 to ${ENROLMENT_KEYS_MAX} enrolment keys`)
  }
  return { fleet, enrolmentKeys: keys.map(readKey) }
}

function readKey(hex: unknown): Uint8Array {
  if (typeof hex !== 'string' || !KEY.test(hex)) refuse('metadata-fleet', 'an enrolment key is not 64 hex digits')
  return new Uint8Array(Buffer.from(hex, 'hex'))
}
