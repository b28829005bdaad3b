/** What a device of a staged channel does now. Pure: the same policy, facts and time give the same turn everywhere. */
import type { ChannelPolicy, Policy, RolloutPolicy, RolloutTerms } from './policy.ts'
import { chooseRing, spreadOfMs, type DeviceFacts } from './ring.ts'
import { nextOpeningMs } from './window.ts'

export type Turn = InstallTurn | ReturnTurn | StayTurn

/** Fetch it now. */
export interface InstallTurn extends HealthTerms {
  do: 'install'
  version: string
  /** By which rollout; absent of what everybody may install. */
  rollout?: string
  /** A version on the way to the rollout's own. */
  isStep: boolean
  /** Absent: at once. */
  activateAtMs?: number
}

export interface HealthTerms {
  /** How long the device must stay healthy after activation to count. */
  soakSeconds: number
  /** Not a step further after so long: failed. */
  timeoutSeconds: number
}

/** Back to what everybody may install, although it is older. */
export interface ReturnTurn {
  do: 'return'
  version: string
  /** By which the withdrawn version had come. */
  rollout: string
}

export interface StayTurn {
  do: 'stay'
  reason: StayReason
  /** When to look again, where that is known. */
  untilMs?: number
  /** Of `up-to-date`: whose version the device has. One that took no part in it tells `present` with this. */
  rollout?: string
  /** Of the ring that the device belongs to. */
  ring?: string
}

export type StayReason =
  | 'up-to-date'
  | 'not-in-a-ring'
  | 'ring-closed'
  | 'spread'
  | 'window'
  | 'paused'
  | 'halted'
  | 'failed-before'
  /** Signed releases of the channel do not have, for this platform, what the policy names. */
  | 'not-offered'
  | 'no-policy'
  | 'policy-expired'

/** A release of the channel, signed for the device's platform. */
export interface OfferedRelease {
  version: string
  /** Rises with every release of the channel. */
  counter: number
}

export interface FailedAttempt {
  version: string
  rollout?: string
}

export interface Circumstances {
  /** The one of the highest version that verified, also when it is expired; undefined when there never was one. */
  policy: Policy | undefined
  product: string
  channel: string
  device: DeviceFacts
  /** What is signed for the channel and the device's platform, in any order. */
  offered: readonly OfferedRelease[]
  /** What is activated now. `counter` as it was when it was installed: the release need not be offered any more. */
  installed: OfferedRelease | undefined
  /** What failed on this device: a rollout is not tried again, nor is a version by what everybody may install. */
  failed: readonly FailedAttempt[]
  /** What the device told that it began, and has not ended: it may be finished with an expired policy. */
  begun: { rollout: string; version: string } | undefined
  nowMs: number
}

/** How what everybody may install is installed where the policy tells of no rollout. */
export const BASE_TERMS = { windows: [], download: 'at-once', soakSeconds: 60, timeoutSeconds: 3600 } as const

type Terms = Pick<RolloutTerms, 'windows' | 'download' | 'soakSeconds' | 'timeoutSeconds'>

export function decideTurn(circumstances: Circumstances): Turn {
  const { policy, product, channel, nowMs } = circumstances
  const line = policy?.channels.find((each) => each.product === product && each.channel === channel)
  if (policy === undefined || line === undefined) return { do: 'stay', reason: 'no-policy' }
  if (policy.expires.getTime() <= nowMs) return finish(line, circumstances)
  const turn = rolloutTurn(line.rollout, line, circumstances)
  if (turn.do !== 'stay') return turn
  return returnTurn(line, circumstances) ?? baseTurn(line, turn, circumstances)
}

/** With an expired policy nothing is begun. */
function finish(line: ChannelPolicy, circumstances: Circumstances): Turn {
  const { begun, installed } = circumstances
  const { rollout } = line
  if (begun !== undefined && begun.rollout === rollout?.id && begun.version !== installed?.version) {
    const turn = rolloutTurn(rollout, line, circumstances)
    if (turn.do === 'install' ? turn.version === begun.version : turn.reason === 'window') return turn
  }
  return { do: 'stay', reason: 'policy-expired' }
}

function rolloutTurn(
  rollout: RolloutPolicy | undefined,
  line: ChannelPolicy,
  circumstances: Circumstances,
): InstallTurn | StayTurn {
  if (rollout === undefined) return { do: 'stay', reason: 'up-to-date' }
  const { device, offered, installed, failed, nowMs } = circumstances
  const index = chooseRing(rollout, device)
  if (index === undefined) return { do: 'stay', reason: 'not-in-a-ring' }
  const ring = rollout.rings[index]?.name ?? ''
  const stay = (reason: StayReason, untilMs?: number): StayTurn => ({
    do: 'stay',
    reason,
    ring,
    ...(untilMs === undefined ? {} : { untilMs }),
  })
  if (failed.some((attempt) => attempt.rollout === rollout.id)) return stay('failed-before')
  if (rollout.state === 'halted' || isWithdrawn(rollout.version, line)) return stay('halted')
  const openedAtMs = rollout.openedAtMs[index]
  if (openedAtMs === undefined) return stay('ring-closed')
  if (installed?.version === rollout.version) return { ...stay('up-to-date'), rollout: rollout.id }
  if (rollout.state === 'paused') return stay('paused')
  const beginsAtMs = openedAtMs + spreadOfMs(rollout, device.id)
  if (nowMs < beginsAtMs) return stay('spread', beginsAtMs)
  const goal = offered.find(({ version }) => version === rollout.version)
  if (goal === undefined) return stay('not-offered')
  if (isOlder(goal, installed)) return stay('up-to-date')
  const turn = install(goal, rollout, line, circumstances)
  return turn.do === 'install' ? { ...turn, rollout: rollout.id } : { ...turn, ring }
}

/** A return waits for no window: what is withdrawn is thought to do harm. */
function returnTurn(line: ChannelPolicy, { offered, installed }: Circumstances): ReturnTurn | undefined {
  const { base, withdrawn } = line
  const gone = withdrawn.find(({ version }) => version === installed?.version)
  const goal = offered.find(({ version }) => version === base)
  if (gone === undefined || goal === undefined || !isOlder(goal, installed)) return undefined
  if (isWithdrawn(goal.version, line)) return undefined
  return { do: 'return', version: goal.version, rollout: gone.rollout }
}

/** Whose turn has not come, or comes no more, may still have what everybody may have. */
function baseTurn(line: ChannelPolicy, otherwise: StayTurn, circumstances: Circumstances): Turn {
  const { base, rollout } = line
  const { offered, installed, failed } = circumstances
  const goal = offered.find(({ version }) => version === base)
  if (goal === undefined || isWithdrawn(goal.version, line)) return otherwise
  if (installed?.version === goal.version || isOlder(goal, installed)) return otherwise
  const turn = install(goal, rollout ?? BASE_TERMS, line, circumstances)
  if (turn.do === 'install' && failed.some(({ version }) => version === turn.version))
    return { ...otherwise, reason: 'failed-before' }
  return turn
}

/** Towards a goal that is newer than what is installed: the goal, or the first version on the way that must not be skipped. */
function install(
  goal: OfferedRelease,
  { windows, download, soakSeconds, timeoutSeconds }: Terms,
  line: ChannelPolicy,
  { offered, installed, nowMs }: Circumstances,
): InstallTurn | StayTurn {
  const opensAtMs = nextOpeningMs(windows, nowMs)
  if (opensAtMs === undefined) return { do: 'stay', reason: 'window' }
  const waits = opensAtMs > nowMs
  if (waits && download === 'in-window') return { do: 'stay', reason: 'window', untilMs: opensAtMs }
  const next = offered
    .filter(({ version }) => line.steps.includes(version) && !isWithdrawn(version, line))
    .filter((step) => installed !== undefined && isOlder(installed, step) && isOlder(step, goal))
    .reduce((first, step) => (isOlder(step, first) ? step : first), goal)
  return {
    do: 'install',
    version: next.version,
    isStep: next !== goal,
    ...(waits ? { activateAtMs: opensAtMs } : {}),
    soakSeconds,
    timeoutSeconds,
  }
}

function isOlder(a: OfferedRelease, b: OfferedRelease | undefined): boolean {
  return b !== undefined && a.counter < b.counter
}

function isWithdrawn(version: string, { withdrawn }: ChannelPolicy): boolean {
  return withdrawn.some((gone) => gone.version === version)
}
