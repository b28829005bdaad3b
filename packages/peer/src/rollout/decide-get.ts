/** What `get` installs, which takes no part in rollouts: of a staged channel only what everybody may have. */
import { formatTarget, type FoundRelease, type Policy, type Target } from '@shoal/release'
import { PeerError } from '../error.ts'
import { newestOf, type Offered } from '../trust/index.ts'

/** @throws PeerError REFUSED_BY_POLICY */
export function decideGet(
  target: Target,
  { releases, isStaged }: Offered,
  policy: Policy | undefined,
  now: Date,
): FoundRelease | undefined {
  if (!isStaged) return newestOf(releases)
  const refuse = (why: string): never => {
    throw new PeerError('REFUSED_BY_POLICY', `${formatTarget(target)} is staged, and ${why}`)
  }
  if (policy === undefined) return refuse('nobody within reach has a policy')
  if (policy.expires <= now) return refuse(`the policy expired on ${policy.expires.toISOString()}`)
  const line = policy.channels.find(({ product, channel }) => product === target.product && channel === target.channel)
  const base = releases.find(({ version }) => version === line?.base)
  return base ?? refuse('there is no version yet that every machine may install')
}
