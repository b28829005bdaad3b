/** A new rollout of a channel. */
import { isZone, parseRollout, type RolloutTerms } from '@shoal/release'
import { settleChannel, termsOf, type Channel } from './channel.ts'
import type { Gate, Refusal, Rollout, RolloutEvent } from './rollout.ts'
import { supersede } from './transition.ts'

/** What somebody wants rolled out, and how. */
export interface RolloutPlan extends RolloutTerms {
  gate: Gate
  approval: Rollout['approval']
  returns: boolean
}

export type Begun =
  | {
      rollout: Rollout
      channel: Channel
      /** The channel's last one, where it changes. */
      superseded?: Rollout
      events: readonly RolloutEvent[]
    }
  | { refused: Refusal }

/**
 * @param last the rollout that the channel names, if any
 * @throws ReleaseError POLICY_INVALID for terms that no device would read
 * @throws RangeError for a time zone or a gate that is none
 */
export function beginRollout(
  channel: Channel,
  last: Rollout | undefined,
  plan: RolloutPlan,
  by: string,
  nowMs: number,
): Begun {
  checkPlan(plan)
  if (last?.state === 'running' || last?.state === 'paused') return { refused: 'ROLLOUT_UNFINISHED' }
  if (plan.returns && channel.base === undefined) return { refused: 'ROLLOUT_NO_BASE' }
  const rollout: Rollout = {
    ...plan,
    product: channel.product,
    channel: channel.channel,
    ...(channel.base === undefined ? {} : { base: channel.base }),
    revision: 1,
    createdAtMs: nowMs,
    createdBy: by,
    state: 'running',
    sinceMs: nowMs,
    openedAtMs: [],
    passedAtMs: [],
  }
  const over = last?.state === 'halted' ? supersede(last, { by, nowMs }, `superseded by rollout ${plan.id}`) : undefined
  const created: RolloutEvent = { type: 'created', atMs: nowMs, by }
  return {
    rollout,
    channel: settleChannel(channel, rollout),
    ...(over === undefined ? {} : { superseded: over.rollout }),
    events: [created],
  }
}

function checkPlan(plan: RolloutPlan): void {
  const { gate, windows } = plan
  parseRollout({ ...termsOf(plan), state: 'running', openedAtMs: [] })
  const unknown = windows.find(({ zone }) => !isZone(zone))
  if (unknown !== undefined) throw new RangeError(`there is no time zone '${unknown.zone}'`)
  for (const share of [gate.successShare, gate.failureShare, gate.finishedShare]) {
    if (!(share >= 0 && share <= 1)) throw new RangeError('a share of the gate is not from 0 to 1')
  }
  for (const count of [gate.failureMinimum, gate.failureCount ?? 1]) {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new RangeError('a count of the gate is not a whole number from 1 up')
  }
  for (const seconds of [gate.soakSeconds, gate.silentAfterSeconds]) {
    if (!Number.isSafeInteger(seconds) || seconds < 0)
      throw new RangeError('a time of the gate is not in whole seconds')
  }
}
