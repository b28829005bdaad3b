import {
  findRelease,
  metadataFile,
  originPath,
  POLICY_BYTES_MAX,
  POLICY_FILE,
  POLICY_ROLE,
  refreshMetadata,
  ReleaseError,
  type MetadataSources,
  type Refreshed,
  type ReleaseTarget,
  type TrustedSet,
  verifyPolicy,
} from '@shoal/release'
import { SeederError } from '../error.ts'
import { signersOf } from '../metadata/authority.ts'
import { policyPaths } from '../metadata/edit.ts'
import { readOffered } from '../metadata/offered.ts'
import type { MetadataSet } from '../metadata/set.ts'
import type { Origin } from '../origin/origin.ts'
import { listReleases } from '../publish/published.ts'
import { readStored } from '../repository/stored.ts'
import { documentsOf } from './refresh.ts'

export interface RoleReport {
  role: string
  version: number
  expires: string
  /** Valid signatures, how many are needed, and the keys that may sign. */
  signatures: { have: number; need: number; keys: number }
  releases?: number
}

export interface Verification {
  roles: RoleReport[]
  /** Channels whose devices wait for the policy, as product@channel. */
  staged: string[]
  /** What a client would refuse; none when all is well. */
  problems: string[]
}

/** Checks a repository, and its origin as a device does that was given the first root. */
export async function verifyMetadata(folder: string, origin: Origin | undefined, now: Date): Promise<Verification> {
  const stored = await readStored(folder)
  if (origin === undefined) {
    return { roles: reportRoles(stored), staged: stagedOf(stored), problems: findProblems(stored, now) }
  }
  const offered = await readOffered(origin, stored.roots)
  const problems = [...(await askAsClient(stored, origin, now)), ...(await findMissing(offered.set, origin))]
  return { roles: reportRoles(offered.set), staged: stagedOf(offered.set), problems }
}

function reportRoles(set: MetadataSet): RoleReport[] {
  return documentsOf(set).map(([role, document]) => {
    const authority = set.authority(role)
    const { version, expires } = document.signed
    const have = authority === undefined ? 0 : signersOf(document, authority).length
    const signatures = { have, need: authority?.threshold ?? 0, keys: authority?.keys.size ?? 0 }
    const releases = set.releases.get(role)?.signed.targets
    return { role, version, expires, signatures, ...(releases && { releases: Object.keys(releases).length }) }
  })
}

function stagedOf({ targets }: MetadataSet): string[] {
  return policyPaths(targets?.signed).map((path) => path.replace(`${POLICY_ROLE}/`, '').replace('/', '@'))
}

function findProblems(set: MetadataSet, now: Date): string[] {
  return reportRoles(set).flatMap(({ role, version, expires, signatures: { have, need } }) => [
    ...(have < need ? [`${role} version ${version} has ${have} of the ${need} signatures that it needs`] : []),
    ...(new Date(expires) <= now ? [`${role} version ${version} expired on ${expires}`] : []),
  ])
}

async function askAsClient(stored: MetadataSet, origin: Origin, now: Date): Promise<string[]> {
  const [first] = stored.roots
  if (first === undefined) throw new Error('a repository without a root')
  const problems: string[] = []
  const note = (error: unknown): void => {
    if (!(error instanceof ReleaseError) && !(error instanceof SeederError)) throw error
    problems.push(error.message)
  }
  try {
    const kept = { roots: [first.bytes], roles: new Map<string, Uint8Array>() }
    const refreshed = await refreshMetadata(kept, sourcesAt(origin), { now, onProblem: note })
    await visitChannels(refreshed, note)
    await checkPolicy(refreshed.set, origin, now)
  } catch (error) {
    note(error)
  }
  return [...new Set(problems)]
}

/** Channels without a release yet have no metadata. */
async function visitChannels(refreshed: Refreshed, note: (error: unknown) => void): Promise<void> {
  const { set } = refreshed
  for (const [role, { paths }] of Object.entries(set.role('targets')?.signed.delegations?.roles ?? {})) {
    const [product, channel] = paths?.[0]?.split('/') ?? []
    const isThere = set.snapshot?.signed.meta[metadataFile(role)] !== undefined
    if (product === undefined || channel === undefined || !isThere) continue
    await findRelease(refreshed, { product, channel, platform: 'any' }).catch(note)
  }
}

/** A policy need not be there: devices have other ways to it. One that is there must be good. */
async function checkPolicy(set: TrustedSet, origin: Origin, now: Date): Promise<void> {
  const found = await origin.get(originPath.metadata(POLICY_FILE), POLICY_BYTES_MAX)
  if (found === undefined) return
  const { version, expires } = verifyPolicy(set, found.bytes)
  if (expires > now) return
  const message = `${POLICY_FILE} version ${version} expired on ${expires.toISOString()}: no tracker signs it any more`
  throw new SeederError('ORIGIN_CORRUPT', message)
}

/** What a channel offers now must be there, for every platform. */
async function findMissing(set: MetadataSet, origin: Origin): Promise<string[]> {
  const newest = new Map<string, ReleaseTarget>()
  for (const role of set.releases.values()) {
    for (const release of listReleases(role.signed)) {
      newest.set(`${release.product}@${release.channel} ${release.platform}`, release)
    }
  }
  const problems: string[] = []
  for (const [name, { release, version }] of newest) {
    if ((await origin.stat(originPath.block(release))) !== undefined) continue
    problems.push(`${name} is ${version}, and its manifest ${release} is missing at ${origin.uri}`)
  }
  return problems
}

function sourcesAt(origin: Origin): MetadataSources {
  const get = (file: string, bytesMax: number) => origin.get(originPath.metadata(file), bytesMax)
  return {
    async gather(file, bytesMax) {
      const found = await get(file, bytesMax)
      return found === undefined ? [] : [found.bytes]
    },
    async fetch(file, bytesMax, accept) {
      const found = await get(file, bytesMax)
      if (found === undefined) throw new SeederError('ORIGIN_CORRUPT', `${origin.uri} has no ${file}`)
      accept(found.bytes)
    },
  }
}
