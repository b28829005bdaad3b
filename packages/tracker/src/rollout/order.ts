/** What people ask of a rollout. */
import { isDeepStrictEqual } from 'node:util'
import type { Decision, Order, Refusal, Rollout } from './rollout.ts'
import { edit, followed, halt, openNextRing, passRing, pause, resume } from './transition.ts'

export type Ordered = Decision | { refused: Refusal }

/** @throws ReleaseError POLICY_INVALID for rings that no device would read */
export function order(rollout: Rollout, asked: Order, by: string, nowMs: number): Ordered {
  const { state, openedAtMs } = rollout
  const occasion = { by, nowMs }
  const isOpen = state === 'running' || state === 'paused'
  switch (asked.do) {
    case 'pause':
      if (!isOpen) return { refused: 'ROLLOUT_ENDED' }
      if (state === 'paused') return { refused: 'ROLLOUT_NOT_RUNNING' }
      return pause(rollout, occasion, asked.reason ?? `paused by ${by}`)
    case 'resume':
      if (!isOpen) return { refused: 'ROLLOUT_ENDED' }
      if (state === 'running') return { refused: 'ROLLOUT_NOT_PAUSED' }
      return resume(rollout, occasion)
    case 'promote':
      if (!isOpen) return { refused: 'ROLLOUT_ENDED' }
      return followed(state === 'paused' ? resume(rollout, occasion) : { rollout, events: [] }, (each) =>
        openedAtMs.length === 0
          ? openNextRing(each, occasion)
          : passRing(each, occasion, { type: 'promoted', reason: `promoted by ${by}` }),
      )
    case 'edit': {
      if (!isOpen) return { refused: 'ROLLOUT_ENDED' }
      const open = (rings: Rollout['rings']): Rollout['rings'] => rings.slice(0, openedAtMs.length)
      if (!isDeepStrictEqual(open(asked.rings), open(rollout.rings))) return { refused: 'ROLLOUT_RING_OPEN' }
      return edit(rollout, occasion, asked.rings)
    }
    case 'halt': {
      const adds = asked.returns && !(state === 'halted' && rollout.returns)
      // What is over can still be taken back.
      if (!isOpen && !(adds && (state === 'halted' || state === 'completed'))) return { refused: 'ROLLOUT_ENDED' }
      if (asked.returns && rollout.base === undefined) return { refused: 'ROLLOUT_NO_BASE' }
      return halt(rollout, occasion, asked.reason ?? `halted by ${by}`, asked.returns)
    }
  }
}
