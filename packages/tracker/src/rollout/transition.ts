/** The arrows between the states of a rollout. Each gives the next revision, and what there is to tell of it. */
import { parseRollout } from '@shoal/release'
import { termsOf } from './channel.ts'
import type { Decision, Rollout, RolloutEvent } from './rollout.ts'

/** Who and when; `gate` for what nobody asked for. */
export interface Occasion {
  by: string
  nowMs: number
}

export function unchanged(rollout: Rollout): Decision {
  return { rollout, events: [] }
}

export function openNextRing(rollout: Rollout, occasion: Occasion): Decision {
  const { openedAtMs, rings } = rollout
  const next = fresh(rollout)
  // A clock that was put back does not open a ring before the one before it.
  const atMs = Math.max(occasion.nowMs, openedAtMs.at(-1) ?? 0)
  return change({ ...next, openedAtMs: [...openedAtMs, atMs] }, occasion, {
    type: 'opened',
    ...ringAt(rings, openedAtMs.length),
  })
}

/** The ring that was opened last passes; then the next one opens, or waits for approval, or all is done. */
export function passRing(
  rollout: Rollout,
  occasion: Occasion,
  passing: { type: 'passed' | 'promoted'; reason?: string },
): Decision {
  const { openedAtMs, passedAtMs, rings, approval } = rollout
  const index = openedAtMs.length - 1
  const isPassed = passedAtMs.length > index
  const passed = change(
    {
      ...fresh(rollout),
      passedAtMs: isPassed ? passedAtMs : [...passedAtMs, occasion.nowMs],
    },
    occasion,
    { ...passing, ...ringAt(rings, index) },
  )
  if (index === rings.length - 1) return followed(passed, (each) => complete(each, occasion))
  if (approval === 'automatic' || passing.type === 'promoted')
    return followed(passed, (each) => openNextRing(each, occasion))
  const reason = `ring ${rings[index]?.name} passed; ring ${rings[index + 1]?.name} opens when it is promoted`
  return { ...passed, rollout: { ...passed.rollout, reason } }
}

export function hold(rollout: Rollout, nowMs: number): Decision {
  return { rollout: { ...rollout, revision: rollout.revision + 1, holdsSinceMs: nowMs }, events: [] }
}

export function letGo(rollout: Rollout): Decision {
  return { rollout: { ...ungated(rollout), revision: rollout.revision + 1 }, events: [] }
}

export function pause(rollout: Rollout, occasion: Occasion, reason: string): Decision {
  return enter({ ...ungated(rollout), state: 'paused', reason }, occasion, { type: 'paused', reason })
}

export function resume(rollout: Rollout, occasion: Occasion): Decision {
  return enter({ ...fresh(rollout), state: 'running' }, occasion, { type: 'resumed' })
}

export function halt(rollout: Rollout, occasion: Occasion, reason: string, returns = rollout.returns): Decision {
  return enter({ ...ungated(rollout), state: 'halted', reason, returns }, occasion, {
    type: 'halted',
    reason,
  })
}

/** @throws ReleaseError POLICY_INVALID */
export function edit(rollout: Rollout, occasion: Occasion, rings: Rollout['rings']): Decision {
  const next: Rollout = { ...rollout, rings }
  // While it runs, a reason tells of the ring that comes next.
  if (next.state === 'running') delete next.reason
  parseRollout({ ...termsOf(next), state: 'running', openedAtMs: next.openedAtMs })
  const reason = `its rings are ${rings.map(({ name }) => name).join(', ')}`
  return change(next, occasion, { type: 'edited', reason })
}

export function supersede(rollout: Rollout, occasion: Occasion, reason: string): Decision {
  return enter({ ...rollout, state: 'superseded', reason }, occasion, { type: 'superseded', reason })
}

function complete(rollout: Rollout, occasion: Occasion): Decision {
  return enter({ ...fresh(rollout), state: 'completed' }, occasion, { type: 'completed' })
}

function enter(next: Rollout, occasion: Occasion, event: Telling): Decision {
  return change({ ...next, sinceMs: occasion.nowMs }, occasion, event)
}

type Telling = Pick<RolloutEvent, 'type' | 'ring' | 'reason'>

function change(next: Rollout, { by, nowMs }: Occasion, event: Telling): Decision {
  return { rollout: { ...next, revision: next.revision + 1 }, events: [{ ...event, atMs: nowMs, by }] }
}

/** Not named `then`: a module that exports one looks like a promise to whoever imports it late. */
export function followed(first: Decision, next: (rollout: Rollout) => Decision): Decision {
  const second = next(first.rollout)
  return { rollout: second.rollout, events: [...first.events, ...second.events] }
}

function ringAt(rings: Rollout['rings'], index: number): { ring?: string } {
  const ring = rings[index]
  return ring === undefined ? {} : { ring: ring.name }
}

function ungated(rollout: Rollout): Rollout {
  const next = { ...rollout }
  delete next.holdsSinceMs
  return next
}

function fresh(rollout: Rollout): Rollout {
  const next = ungated(rollout)
  delete next.reason
  return next
}
