import { METADATA_BYTES_MAX, metadataFile, originPath } from '@shoal/release'
import { SeederError } from '../error.ts'
import { VERSIONS_TRIED_MAX } from '../limits.ts'
import type { Origin } from '../origin/origin.ts'
import type { Repository } from '../repository/open.ts'
import type { LifeDays } from '../repository/settings.ts'
import { rootAuthority, type Authority } from './authority.ts'
import { isTopRole, encodeDocument, type AnySigned, type Document, type RootSigned } from './document.ts'
import { draftRole, type Change } from './draft.ts'
import type { Merged, MetadataSet } from './set.ts'
import { lackingIn, signDocument, type Signatures } from './sign.ts'

/** A role that was signed anew. */
export interface SignedRole {
  role: string
  version: number
  /** Ids of the keys that signed now. */
  keyIds: string[]
}

/** A role that waits for more signatures; what depends on it waits too. */
export interface Pending extends Signatures {
  role: string
  document: Document
}

export interface Settled {
  set: MetadataSet
  signed: SignedRole[]
  pending: Pending | undefined
  uploadedBytes: number
}

export interface Desk {
  repository: Pick<Repository, 'keyring' | 'settings'>
  /** Without one, only the offline roles are made. */
  origin: Origin | undefined
  /** What the origin has. */
  offered: MetadataSet
  now: Date
}

/**
 * Signs every role whose metadata changes, each role after those that it names the hash of, and puts the versioned files at the
 * origin. None of them is seen by anybody until a timestamp names it; roots and the timestamp are left to `reveal`.
 */
export async function settle({ set: before, versions }: Merged, change: Change, desk: Desk): Promise<Settled> {
  const { origin, offered } = desk
  const settled: Settled = { set: before, signed: [], pending: undefined, uploadedBytes: 0 }

  const step = async (role: string): Promise<boolean> => {
    const { set } = settled
    const body = draftRole(role, set, offered, change)
    if (body === undefined) return true
    const finished = change.finished?.role === role ? change.finished.document : undefined
    const authorities = authoritiesOf(role, body, set)
    const version = (versions.get(role) ?? 0) + 1
    const made = await make(role, body, version, authorities, finished, desk)
    if (made.pending !== undefined) {
      settled.pending = made.pending
      return false
    }
    settled.set = set.with(role, made.document)
    settled.uploadedBytes += made.uploadedBytes
    settled.signed.push({ role, version: made.document.signed.version, keyIds: made.keyIds })
    return true
  }

  for (const role of ['root', 'targets']) if (!(await step(role))) return settled
  if (origin === undefined) return settled
  const delegated = settled.set.targets?.signed.delegations?.roles ?? []
  for (const { name } of delegated) if (!(await step(name))) return settled
  settled.uploadedBytes += await placeKept(settled, origin, offered)
  for (const role of ['snapshot', 'timestamp']) if (!(await step(role))) return settled
  return settled
}

interface Made {
  document: Document
  keyIds: string[]
  pending: Pending | undefined
  uploadedBytes: number
}

/** Signs a role, under the next version that nobody took. */
async function make(
  role: string,
  body: AnySigned,
  first: number,
  authorities: readonly Authority[],
  finished: Document | undefined,
  { repository, origin, now }: Desk,
): Promise<Made> {
  const isPlaced = origin !== undefined && role !== 'root' && role !== 'timestamp'
  if (finished !== undefined) {
    const bytes = isPlaced ? await place(role, finished, origin) : 0
    if (bytes === 'taken') throw stale(role, finished)
    return { document: finished, keyIds: [], pending: undefined, uploadedBytes: bytes }
  }
  const expires = expiryOf(role, now, repository.settings.lifeDays)
  for (let version = first; version < first + VERSIONS_TRIED_MAX; version++) {
    const unsigned = encodeDocument({ ...body, version, expires }, [])
    const { document, signedBy, lacking, reasons } = await signDocument(unsigned, authorities, repository.keyring)
    if (lacking !== undefined) {
      if (document.signatures.length === 0) throw unreachable(role, reasons)
      return { document, keyIds: signedBy, pending: { role, document, ...lacking }, uploadedBytes: 0 }
    }
    const bytes = isPlaced ? await place(role, document, origin) : 0
    if (bytes !== 'taken') return { document, keyIds: signedBy, pending: undefined, uploadedBytes: bytes }
  }
  throw new SeederError('ORIGIN_CORRUPT', `the next ${VERSIONS_TRIED_MAX} versions of ${role} are taken at the origin`)
}

/** Puts what was made offline, or what this origin lost. */
async function placeKept({ set, signed }: Settled, origin: Origin, offered: MetadataSet): Promise<number> {
  let uploadedBytes = 0
  for (const role of ['targets', ...set.releases.keys()]) {
    const document = set.get(role)
    if (document === undefined || signed.some((made) => made.role === role)) continue
    if (document.bytes === offered.get(role)?.bytes) continue
    const bytes = await place(role, document, origin)
    if (bytes === 'taken') throw stale(role, document)
    uploadedBytes += bytes
  }
  return uploadedBytes
}

async function place(role: string, { signed, bytes }: Document, origin: Origin): Promise<number | 'taken'> {
  const path = originPath.metadata(metadataFile(role, signed.version))
  if ((await origin.put(path, bytes)) === 'stored') return bytes.length
  const there = await origin.get(path, METADATA_BYTES_MAX.targets)
  return there !== undefined && Buffer.compare(there.bytes, bytes) === 0 ? 0 : 'taken'
}

/** A new root is vouched for by the one before and by itself. */
export function authoritiesOf(role: string, body: AnySigned, set: MetadataSet): Authority[] {
  if (role === 'root') return [...set.roots.slice(-1).map(({ signed }) => signed), body as RootSigned].map(byRoot)
  const authority = set.authority(role)
  if (authority === undefined) throw new SeederError('ROLE_MISSING', `there is no role ${role}`)
  return [authority]
}

function byRoot(root: RootSigned): Authority {
  return rootAuthority(root, 'root')
}

/** Signatures that a document still lacks. */
export function lackingFor(role: string, document: Document, set: MetadataSet): Signatures | undefined {
  return lackingIn(document, authoritiesOf(role, document.signed, set))
}

export function lifeDaysOf(role: string, lifeDays: LifeDays): number {
  return isTopRole(role) ? lifeDays[role] : lifeDays.release
}

/** As metadata writes it, to the second. */
function expiryOf(role: string, now: Date, lifeDays: LifeDays): string {
  const at = new Date(now.getTime() + lifeDaysOf(role, lifeDays) * 24 * 60 * 60 * 1000)
  return at.toISOString().replace(/\.\d+Z$/, 'Z')
}

function unreachable(role: string, reasons: readonly string[]): SeederError {
  const why = reasons.length === 0 ? 'it has none' : reasons.join('; ')
  return new SeederError('KEY_UNREACHABLE', `${role} must be signed, and none of its keys is within reach: ${why}`)
}

function stale(role: string, { signed }: Document): SeederError {
  return new SeederError(
    'PENDING_STALE',
    `version ${signed.version} of ${role} was published with other content meanwhile`,
  )
}
