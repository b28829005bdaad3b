/** tuf/policy.json: TUF metadata of type targets that offers no target, and carries the policy in a field of what is signed. */
import { Metadata, Signature, Targets } from '@tufjs/models'
import { metadataKeyIdOf } from '../key.ts'
import { POLICY_BYTES_MAX } from '../limits.ts'
import { isRecord } from '../manifest/wire.ts'
import type { EnrolmentSigner } from '../membership/envelope.ts'
import { parseMetadata } from '../tuf/metadata.ts'
import { readChannels } from './channels.ts'
import type { Policy } from './policy.ts'
import { refusePolicy } from './refuse.ts'

export const POLICY_FIELD = 'x-shoal-policy'
/** Of the specification that metadata is written by. */
const SPEC_VERSION = '1.0.34'

/** What a document says, before anybody asked who signed it. */
export interface PolicyDocument {
  policy: Policy
  metadata: Metadata<Targets>
}

/**
 * Reads a document without asking who signed it.
 * @throws ReleaseError METADATA_INVALID, POLICY_INVALID
 */
export function parsePolicy(bytes: Uint8Array): PolicyDocument {
  const metadata = parseMetadata('targets', bytes, POLICY_BYTES_MAX)
  const { version, expires, targets, delegations, unrecognizedFields } = metadata.signed
  if (Object.keys(targets).length > 0 || delegations !== undefined) {
    refusePolicy('policy-targets', 'it offers targets or delegates, which is not its to do')
  }
  const field = unrecognizedFields[POLICY_FIELD]
  if (!isRecord(field) || Object.keys(field).join() !== 'channels') {
    refusePolicy('policy-shape', `there is no ${POLICY_FIELD} with channels and nothing else`)
  }
  const channels = readChannels(field['channels'])
  return { policy: { version, expires: new Date(expires), channels }, metadata }
}

/**
 * The document of a policy, signed; `expires` is cut to the second.
 * @throws ReleaseError METADATA_INVALID, POLICY_INVALID for what a reader would refuse
 */
export function signPolicy({ version, expires, channels }: Policy, keys: readonly EnrolmentSigner[]): Uint8Array {
  const signed = new Targets({
    specVersion: SPEC_VERSION,
    version,
    expires: `${expires.toISOString().slice(0, 19)}Z`,
    unrecognizedFields: { [POLICY_FIELD]: { channels: structuredClone(channels) as never } },
  })
  const metadata = new Metadata(signed)
  for (const key of keys) {
    metadata.sign((bytes) => {
      const sig = Buffer.from(key.sign(bytes)).toString('hex')
      return new Signature({ keyID: metadataKeyIdOf(key.publicKey), sig })
    })
  }
  const bytes = Buffer.from(`${JSON.stringify(metadata.toJSON())}\n`)
  parsePolicy(bytes)
  return bytes
}
