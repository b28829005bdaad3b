/** Says what is installed, outside of a rollout. */
import type { Target } from '@shoal/release'
import type { Following } from '../follow.ts'
import type { Reports } from '../reports/index.ts'
import type { Followed } from './roles.ts'

/** Of one target that has anything installed: enough to say how the device is. Nothing while none has. */
export async function tellPresent(
  reports: Pick<Reports, 'tell'>,
  follows: readonly Pick<Followed, 'target'>[],
  following: readonly Pick<Following, 'settledOn'>[],
): Promise<void> {
  for (const [at, { target }] of follows.entries()) {
    const version = await following[at]?.settledOn()
    if (version !== undefined) return reports.tell({ ...channelOf(target), version, state: 'present' })
  }
}

export function channelOf({ product, channel, platform }: Target): Pick<Target, 'product' | 'channel' | 'platform'> {
  return { product, channel, platform }
}
