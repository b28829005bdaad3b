/** What a device does next about one target. Pure. */
import { decideTurn, type DeviceFacts, type FoundRelease, type Policy, type Target, type Turn } from '@shoal/release'
import { newestOf, type Offered } from '../trust/index.ts'
import { failureOf, type KnownRelease, type RolloutRecord } from './record.ts'

export interface Situation {
  target: Target
  offered: Pick<Offered, 'releases' | 'isStaged'>
  policy: Policy | undefined
  device: DeviceFacts
  installed: KnownRelease | undefined
  record: RolloutRecord
  /** How long a release must stay healthy where no policy says so. */
  soakSeconds: number
  nowMs: number
}

/** Where no policy says how long a soak may take, this much more than the soak itself. */
const SPARE_SECONDS = 600

/** Of a staged channel the policy decides, unless the configuration names a version. */
export function decideNext(situation: Situation): Turn {
  const { target, offered, policy, device, installed, record, nowMs } = situation
  if (!isByPolicy(situation)) return towards(goalOf(target, offered.releases), situation)
  const { attempt } = record
  return decideTurn({
    policy,
    product: target.product,
    channel: target.channel,
    device,
    offered: offered.releases,
    installed,
    failed: record.failed.map(({ version, rollout }) => ({ version, ...(rollout === undefined ? {} : { rollout }) })),
    begun: attempt?.rollout === undefined ? undefined : { rollout: attempt.rollout, version: attempt.version },
    nowMs,
  })
}

export function isByPolicy({ target, offered }: Pick<Situation, 'target' | 'offered'>): boolean {
  return offered.isStaged && target.version === undefined
}

export function goalOf({ version }: Target, releases: readonly FoundRelease[]): FoundRelease | undefined {
  return version === undefined ? newestOf(releases) : releases.find((each) => each.version === version)
}

function towards(goal: FoundRelease | undefined, { installed, record, soakSeconds }: Situation): Turn {
  if (goal === undefined) return { do: 'stay', reason: 'not-offered' }
  if (installed?.release === goal.release) return { do: 'stay', reason: 'up-to-date' }
  if (failureOf(record, goal.version) !== undefined) return { do: 'stay', reason: 'failed-before' }
  const { version } = goal
  return { do: 'install', version, isStep: false, soakSeconds, timeoutSeconds: soakSeconds + SPARE_SECONDS }
}

/** Whether two turns lead to the same: a download goes on over policies that change something else. */
export function isSameTurn(a: Turn, b: Turn): boolean {
  if (a.do === 'stay' || b.do === 'stay') return a.do === b.do
  return a.do === b.do && a.version === b.version && a.rollout === b.rollout
}
