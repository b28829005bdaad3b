/** A rollout as people look at it: rings in words, and the arithmetic of the gate. */
import { formatDuration } from '@shoal/cli'
import type { Match, RingPolicy } from '@shoal/release'
import type { z } from 'zod'
import { failureOf, tallyOf } from '../rollout/gate.ts'
import { order } from '../rollout/order.ts'
import { NO_TOTALS, type Gate, type Order, type RingTotals, type Rollout } from '../rollout/rollout.ts'
import { silentFromMs } from '../rollout/silence.ts'
import type { gateCondition, ringView, rolloutSummary } from './schemas/rollout.ts'

export type RingView = z.output<typeof ringView>
export type RolloutSummary = z.output<typeof rolloutSummary>
export type GateCondition = z.output<typeof gateCondition>

export function summarise(rollout: Rollout, totals: readonly RingTotals[]): RolloutSummary {
  const { id, product, channel, version, revision, state, sinceMs, createdAtMs, createdBy, reason } = rollout
  return {
    ...{ id, product, channel, version, revision, state, sinceMs, createdAtMs, createdBy },
    ...(reason === undefined ? {} : { reason }),
    rings: viewRings(rollout, totals),
  }
}

export function viewRings(
  { rings, openedAtMs, passedAtMs, state }: Rollout,
  totals: readonly RingTotals[],
): RingView[] {
  return rings.map((ring, at) => {
    const [opened, passed] = [openedAtMs[at], passedAtMs[at]]
    return {
      ...(totals[at] ?? NO_TOTALS),
      name: ring.name,
      percent: ring.percent,
      selects: describeRing(ring),
      state: passed !== undefined ? 'passed' : opened !== undefined ? OPEN_STATES[state] : 'waiting',
      ...(opened === undefined ? {} : { openedAtMs: opened }),
      ...(passed === undefined ? {} : { passedAtMs: passed }),
    }
  })
}

/** Of a ring that was opened and has not passed, by what its rollout is. */
const OPEN_STATES = {
  running: 'open',
  paused: 'paused',
  halted: 'stopped',
  completed: 'stopped',
  superseded: 'stopped',
} as const

const NAMED_MAX = 3

/** `10 % of site waw-2 or waw-3`. */
export function describeRing({ match, percent }: RingPolicy): string {
  const whom = describeMatch(match)
  return percent === 100 ? whom : `${percent} % of ${whom}`
}

function describeMatch({ devices, groups, sites, labels }: Match): string {
  const kinds = [
    ...(devices === undefined ? [] : [devices.length === 1 ? 'one named device' : `${devices.length} named devices`]),
    ...(groups === undefined ? [] : [`group ${oneOf(groups)}`]),
    ...(sites === undefined ? [] : [`site ${oneOf(sites)}`]),
    ...Object.entries(labels ?? {}).map(([label, values]) => `${label} ${oneOf(values)}`),
  ]
  return kinds.length === 0 ? 'all devices' : kinds.join(', ')
}

function oneOf(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MAX).map((name) => (name === '' ? '(none)' : name))
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} or ${more} more` : shown.join(' or ')
}

/** What the ring that was opened last is held to, in figures. Empty where none is under way. */
export function explainGate(rollout: Rollout, totals: readonly RingTotals[], nowMs: number): GateCondition[] {
  const { gate, openedAtMs, passedAtMs, holdsSinceMs, state } = rollout
  const ring = totals[openedAtMs.length - 1]
  const isUnderWay = state === 'running' || state === 'paused' || state === 'halted'
  if (ring === undefined || !isUnderWay || passedAtMs.length === openedAtMs.length) return []
  const { healthy, failed, finished, due } = tallyOf(ring)
  const wanted = Math.ceil(gate.finishedShare * due)
  const heldSeconds = holdsSinceMs === undefined ? 0 : Math.floor(Math.max(0, nowMs - holdsSinceMs) / 1_000)
  return [
    {
      name: 'finished',
      holds: finished > 0 && finished >= wanted,
      text:
        due === 0
          ? nobodyText(rollout, totals, nowMs)
          : `${n(finished)} of ${n(due)} have finished; ${n(wanted)} (${percent(gate.finishedShare)}) are wanted`,
    },
    {
      name: 'success',
      holds: finished > 0 && healthy >= gate.successShare * finished,
      text: `${n(healthy)} of ${n(finished)} finished are healthy${of(healthy, finished)}; ${percent(gate.successShare)} is wanted`,
    },
    {
      name: 'failure',
      holds: failureOf(gate, ring) === undefined,
      text: `${n(failed)} failed${of(failed, finished)}; ${haltsAt(gate)}`,
    },
    {
      name: 'soak',
      holds: holdsSinceMs !== undefined && heldSeconds >= gate.soakSeconds,
      text:
        holdsSinceMs === undefined
          ? `must hold for ${duration(gate.soakSeconds)}; it does not hold yet`
          : `has held for ${duration(heldSeconds)} of ${duration(gate.soakSeconds)}`,
    },
  ]
}

/** Whom the ring that was opened last would be of, and what becomes of it without anybody. */
function nobodyText(rollout: Rollout, totals: readonly RingTotals[], nowMs: number): string {
  const { rings, openedAtMs, state } = rollout
  const at = openedAtMs.length - 1
  const [ring, counted] = [rings[at], totals[at] ?? NO_TOTALS]
  const known = totals.reduce((all, { target }) => all + target, 0)
  const whom =
    counted.target === 0
      ? `nobody matches ring ${ring?.name}${ring === undefined ? '' : ` (${describeRing(ring)})`}, known devices in all rings: ${n(known)}`
      : `all ${n(counted.target)} devices of ring ${ring?.name} are silent`
  const pausesInMs = silentFromMs(rollout, at) - nowMs
  const next =
    state !== 'running'
      ? ''
      : pausesInMs === Infinity
        ? '; it waits until somebody comes, or it is promoted'
        : `; it waits for somebody, and pauses in ${formatDuration(Math.max(0, pausesInMs))}`
  return `waiting: ${whom}${next}`
}

function haltsAt({ failureShare, failureMinimum, failureCount }: Gate): string {
  const share = `halts above ${percent(failureShare)} once ${n(failureMinimum)} failed`
  return failureCount === undefined ? share : `${share}, or at ${n(failureCount)}`
}

/** Which orders would not be refused; an edit is no button. */
export function ordersFor(rollout: Rollout): Exclude<Order, { do: 'edit' }>['do'][] {
  const orders: Exclude<Order, { do: 'edit' }>[] = [
    { do: 'pause' },
    { do: 'resume' },
    { do: 'promote' },
    { do: 'halt', returns: rollout.state === 'halted' || rollout.state === 'completed' },
  ]
  return orders.filter((each) => !('refused' in order(rollout, each, '', rollout.sinceMs))).map((each) => each.do)
}

function n(count: number): string {
  return count.toLocaleString('en')
}

function of(part: number, whole: number): string {
  return whole === 0 ? '' : ` (${percent(part / whole)})`
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`
}

function duration(seconds: number): string {
  return formatDuration(1_000 * seconds)
}
