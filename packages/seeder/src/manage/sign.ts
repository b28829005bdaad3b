import { SeederError } from '../error.ts'
import { commit, readCurrent, type Committed } from '../metadata/commit.ts'
import type { AnySigned } from '../metadata/document.ts'
import { authoritiesOf } from '../metadata/settle.ts'
import { isIntact, signDocument, type Signatures } from '../metadata/sign.ts'
import type { Origin } from '../origin/origin.ts'
import type { Repository } from '../repository/open.ts'
import { pendingFile, readPending, savePending } from '../repository/stored.ts'
import { readGivenKey, type GivenKey } from './new-key.ts'

export interface Signed {
  role: string
  version: number
  /** Keys that signed now. */
  keyIds: string[]
  /** Targets that the signatures bring, with their release ids. */
  releases: Record<string, string>
  /** What is still missing, of this role or of one that it brought along; undefined when all is published. */
  pending: ({ role: string } & Signatures) | undefined
}

/**
 * Adds signatures to metadata that waits for them; with enough of them it goes to the origin.
 * @param key one that the repository does not know where to find
 */
export async function signPending(
  repository: Repository,
  origin: Origin | undefined,
  { role, key }: { role: string; key?: GivenKey | undefined },
  now: Date,
): Promise<Signed> {
  const waiting = await readPending(repository.folder, role)
  if (waiting === undefined) throw new SeederError('PENDING_MISSING', `no metadata of ${role} waits for signatures`)
  const { set } = (await readCurrent(repository, origin)).merged
  const { version } = waiting.signed
  const current = set.get(role)?.signed.version ?? 0
  if (version !== current + 1) {
    const message = `version ${version} in ${pendingFile(repository.folder, role)} does not follow on ${current}, which is published`
    throw new SeederError('PENDING_STALE', message)
  }
  const authorities = authoritiesOf(role, waiting.signed, set)
  if (!isIntact(waiting, authorities)) {
    const message = `${pendingFile(repository.folder, role)} is not what the keys of ${role} signed`
    throw new SeederError('PENDING_STALE', message)
  }
  const releases = newReleases(waiting.signed, set.get(role)?.signed)
  if (key !== undefined) {
    const { keyId, signer } = await readGivenKey(key, repository)
    if (!authorities.some(({ keys }) => keys.has(keyId)) || signer === undefined) {
      throw new SeederError('KEY_UNKNOWN', `key ${keyId.slice(0, 12)} is none of ${role}`)
    }
    repository.keyring.add(signer)
  }
  const { document, signedBy, lacking, reasons } = await signDocument(waiting, authorities, repository.keyring)
  if (signedBy.length === 0 && lacking !== undefined) {
    const why = reasons.length === 0 ? 'all of its keys here signed before' : reasons.join('; ')
    throw new SeederError('KEY_UNREACHABLE', `no further key of ${role} is within reach: ${why}`)
  }
  // What needs an origin waits for one, complete as it is.
  const isOffline = role === 'root' || role === 'targets'
  if (lacking !== undefined || (origin === undefined && !isOffline)) {
    await savePending(repository.folder, role, document)
    return { role, version, keyIds: signedBy, releases, pending: lacking && { role, ...lacking } }
  }
  const { pending } = await commit(repository, origin, () => ({ finished: { role, document } }), now)
  const next = pending && { role: pending.role, have: pending.have, need: pending.need }
  return { role, version, keyIds: signedBy, releases, pending: next }
}

/** Signs a role anew that says the same, for another life. */
export async function renewRole(
  repository: Repository,
  origin: Origin | undefined,
  role: string,
  now: Date,
): Promise<Committed> {
  const { set } = (await readCurrent(repository, origin)).merged
  if (set.get(role) === undefined) throw new SeederError('ROLE_MISSING', `there is no metadata of '${role}'`)
  if (origin === undefined && role !== 'root' && role !== 'targets') {
    throw new SeederError('ORIGIN_MISSING', `${role} is signed for an origin, and none is given`)
  }
  return commit(repository, origin, () => ({ renew: new Set([role]) }), now)
}

function newReleases(body: AnySigned, before: AnySigned | undefined): Record<string, string> {
  const targetsOf = (signed: AnySigned | undefined) => (signed?._type === 'targets' ? signed.targets : {})
  const old = targetsOf(before)
  const added = Object.entries(targetsOf(body)).filter(([path, { custom }]) => old[path]?.custom.cid !== custom.cid)
  return Object.fromEntries(added.map(([path, { custom }]) => [path, custom.cid]))
}
