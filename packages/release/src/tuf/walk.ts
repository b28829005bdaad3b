/** From the top-level targets down to the role that speaks for a target (5.6.7), and to the newest release of a channel. */
import type { TargetFile, Targets } from '@tufjs/models'
import { ROLES_VISITED_MAX } from '../limits.ts'
import type { Target } from '../names.ts'
import { releaseTargetPath, type ExactTarget } from './names.ts'
import type { Refreshed } from './refresh.ts'
import { readReleaseTarget, type ReleaseTarget } from './target.ts'

/** A release, and the role that speaks for it. */
export interface FoundRelease extends ReleaseTarget {
  role: string
}

/** The target as the most trusted role that speaks for it has it. */
export async function findTarget(refreshed: Refreshed, path: string): Promise<TargetFile | undefined> {
  for await (const { targets } of visitRoles(refreshed, path)) {
    const found = Object.hasOwn(targets, path) ? targets[path] : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The release that a target stands for: the version that is asked for, or the one with the highest counter.
 * @throws ReleaseError TARGET_INVALID when what is signed there is no release
 */
export async function findRelease(refreshed: Refreshed, target: Target): Promise<FoundRelease | undefined> {
  const { version } = target
  const path = releaseTargetPath({ ...target, version: version ?? '0' })
  for await (const { role, targets } of visitRoles(refreshed, path)) {
    const newest = version === undefined ? newestOf(targets, target) : releaseAt(targets, path)
    if (newest !== undefined) return { ...newest, role }
  }
  return undefined
}

/**
 * Every release of a channel for a platform, by the most trusted role that has any; in no order.
 * @throws ReleaseError TARGET_INVALID when what is signed there is no release
 */
export async function findReleases(refreshed: Refreshed, target: Omit<Target, 'version'>): Promise<FoundRelease[]> {
  for await (const { role, targets } of visitRoles(refreshed, releaseTargetPath({ ...target, version: '0' }))) {
    const found = releasesOf(targets, target)
    if (found.length > 0) return found.map((release) => ({ ...release, role }))
  }
  return []
}

/**
 * A version for each platform, by the most trusted role that has any; in no order. Roles that speak for some platforms only are not asked.
 * @throws ReleaseError TARGET_INVALID when what is signed there is no release
 */
export async function findPlatforms(
  refreshed: Refreshed,
  release: Omit<ExactTarget, 'platform'>,
): Promise<FoundRelease[]> {
  const { product, channel, version } = release
  for await (const { role, targets } of visitRoles(refreshed, releaseTargetPath({ ...release, platform: 'any' }))) {
    const found = Object.entries(targets).filter(
      ([path]) => path.startsWith(`${product}/${channel}/${version}/`) && path.endsWith('.release'),
    )
    if (found.length > 0) return found.map(([path, file]) => ({ ...readReleaseTarget(path, file), role }))
  }
  return []
}

function newestOf(targets: Targets['targets'], target: Target): ReleaseTarget | undefined {
  let newest: ReleaseTarget | undefined
  for (const release of releasesOf(targets, target)) {
    if (newest === undefined || release.counter > newest.counter) newest = release
  }
  return newest
}

function releasesOf(targets: Targets['targets'], { product, channel, platform }: Target): ReleaseTarget[] {
  return Object.entries(targets)
    .filter(([path]) => path.startsWith(`${product}/${channel}/`) && path.endsWith(`/${platform}.release`))
    .map(([path, file]) => readReleaseTarget(path, file))
}

function releaseAt(targets: Targets['targets'], path: string): ReleaseTarget | undefined {
  const file = Object.hasOwn(targets, path) ? targets[path] : undefined
  return file === undefined ? undefined : readReleaseTarget(path, file)
}

/** Roles that may speak about a path, the most trusted first. */
async function* visitRoles(
  refreshed: Refreshed,
  path: string,
): AsyncGenerator<{ role: string; targets: Targets['targets'] }> {
  const stack = [{ role: 'targets', delegator: 'root' }]
  const visited = new Set<string>()
  for (let next = stack.pop(); next !== undefined && visited.size < ROLES_VISITED_MAX; next = stack.pop()) {
    const { role, delegator } = next
    if (visited.has(role)) continue
    const signed = await loadRole(role, delegator, refreshed)
    yield { role, targets: signed.targets }
    visited.add(role)
    const children = []
    for (const child of signed.delegations?.rolesForTarget(path) ?? []) {
      children.push({ role: child.role, delegator: role })
      if (!child.terminating) continue
      stack.length = 0
      break
    }
    stack.push(...children.reverse())
  }
}

/** A targets role, verified by its delegator: the one that is there, the one that was kept, or one that is fetched. */
export async function loadRole(
  role: string,
  delegator: string,
  { set, stored, sources, options }: Refreshed,
): Promise<Targets> {
  const known = set.files().roles.get(role) ?? stored.roles.get(role)
  if (known === undefined || !takes(() => set.updateTargets(role, delegator, known))) {
    const { file, bytesMax } = set.locate(role)
    await sources.fetch(file, bytesMax, (bytes) => {
      set.updateTargets(role, delegator, bytes)
      options.onVerified?.(role, bytes)
    })
  }
  const loaded = set.role(role)
  if (loaded === undefined) throw new TypeError(`${role} was taken but is not there`)
  return loaded.signed
}

function takes(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
