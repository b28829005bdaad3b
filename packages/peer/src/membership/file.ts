/** What a member of a private fleet keeps: `membership.json` in its state folder, beside its identity and root.json. */
import { join } from 'node:path'
import { CREDENTIAL_BYTES_MAX, REVOCATIONS_BYTES_MAX } from '@shoal/release'
import * as z from 'zod'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { nodeDisk, readWhole, writeAtomic, type Disk } from '../store/index.ts'

export interface StoredMembership {
  fleet: string
  /** Signed. */
  credential: Uint8Array
  /** The member secret of the fleet. */
  secret: Uint8Array
  /** Multiaddrs of the fleet's trackers. */
  trackers: string[]
  /** The newest signed list. */
  revocations?: Uint8Array | undefined
}

const base64 = (bytesMax: number) =>
  z
    .base64()
    .max(Math.ceil(bytesMax / 3) * 4)
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64')))

const schema = z.strictObject({
  v: z.literal(1),
  fleet: z.string().regex(/^[0-9a-f]{32}$/),
  credential: base64(CREDENTIAL_BYTES_MAX),
  secret: base64(32).refine((bytes) => bytes.length === 32),
  trackers: z.array(z.string()).max(LIMITS.membership.trackersMax),
  revocations: base64(REVOCATIONS_BYTES_MAX).optional(),
})

export function membershipFile(stateDir: string): string {
  return join(stateDir, 'membership.json')
}

/** Undefined when there is none. @throws PeerError NOT_ENROLLED when it cannot be read as one */
export async function readMembership(stateDir: string, disk: Disk = nodeDisk): Promise<StoredMembership | undefined> {
  const path = membershipFile(stateDir)
  const bytes = await readWhole(disk, path, LIMITS.membership.fileBytesMax)
  if (bytes === undefined) return undefined
  try {
    const { fleet, credential, secret, trackers, revocations } = schema.parse(JSON.parse(Buffer.from(bytes).toString()))
    return { fleet, credential, secret, trackers, revocations }
  } catch (cause) {
    throw new PeerError('NOT_ENROLLED', `${path} is damaged`, { cause })
  }
}

/** Whole or not at all, readable by nobody else, and there after a power cut. */
export async function writeMembership(
  stateDir: string,
  stored: StoredMembership,
  disk: Disk = nodeDisk,
): Promise<void> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const { fleet, credential, secret, trackers, revocations } = stored
  const wire = {
    ...{ v: 1, fleet, credential: text(credential), secret: text(secret), trackers },
    ...(revocations === undefined ? {} : { revocations: text(revocations) }),
  }
  const bytes = Buffer.from(`${JSON.stringify(wire, null, 2)}\n`)
  await writeAtomic(disk, stateDir, membershipFile(stateDir), bytes, { durable: true })
}
