/** What `get` installs, which takes no part in rollouts: of a staged channel only what everybody may have. */
import { formatTarget, type FoundRelease, type Policy, type ReleaseId, type Target } from '@shoal/release'
import { PeerError } from '../error.ts'
import { newestOf, type Offered } from '../trust/index.ts'

/**
 * @param current what is installed now: it stays where it is newer, unless it is withdrawn
 * @throws PeerError REFUSED_BY_POLICY
 */
export function decideGet(
  target: Target,
  { releases, isStaged }: Pick<Offered, 'releases' | 'isStaged'>,
  policy: Policy | undefined,
  now: Date,
  current?: ReleaseId,
): FoundRelease | undefined {
  if (!isStaged) return newestOf(releases)
  const refuse = (why: string): never => {
    throw new PeerError('REFUSED_BY_POLICY', `${formatTarget(target)} is staged, and ${why}`)
  }
  if (policy === undefined) return refuse('nobody within reach has a policy')
  if (policy.expires <= now) return refuse(`the policy expired on ${policy.expires.toISOString()}`)
  const line = policy.channels.find(({ product, channel }) => product === target.product && channel === target.channel)
  const isWithdrawn = (release: FoundRelease): boolean =>
    line?.withdrawn.some(({ version }) => version === release.version) === true
  const allowed = releases.filter((release) => !isWithdrawn(release))
  const base = allowed.find(({ version }) => version === line?.base)
  if (base === undefined) return refuse('there is no version yet that every machine may install')
  const installed = allowed.find(({ release }) => release === current)
  return installed !== undefined && installed.counter > base.counter ? installed : base
}
