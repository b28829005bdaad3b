/** A rollout as the tracker has it: the terms that devices see, how far it is, and what must hold for it to go on. */
import type { RolloutTerms } from '@shoal/release'

export interface Rollout extends RolloutTerms {
  product: string
  channel: string
  /** What the channel had for everybody when this began; where a halt returns to. */
  base?: string
  /** Rises with every change; at least 1. */
  revision: number
  createdAtMs: number
  createdBy: string
  state: RolloutState
  /** Since when it is in that state; a resumed one anew. */
  sinceMs: number
  /** Why it is paused or halted, or what it waits for; for people. */
  reason?: string
  gate: Gate
  /** Of `manual`, a ring that passed waits for `promote`. */
  approval: 'automatic' | 'manual'
  /** Whether a halt returns the devices that have the version. */
  returns: boolean
  /** Per ring that is open, when it was opened. */
  openedAtMs: readonly number[]
  /** Per ring that passed, when: the gate had held for its soak, or somebody promoted it. */
  passedAtMs: readonly number[]
  /** Since when the gate of the ring that was opened last holds; absent while it does not. */
  holdsSinceMs?: number
}

export type RolloutState = 'running' | 'paused' | 'halted' | 'completed' | 'superseded'

export interface Gate {
  /** Healthy of finished (healthy, failed and timed out), 0 to 1: less does not pass. */
  successShare: number
  /** More failed of finished than this halts, once as many as the minimum have failed. */
  failureShare: number
  failureMinimum: number
  /** So many failed halt whatever the share; for small rings. */
  failureCount?: number
  /** Of those in the ring that are not silent, how many must have finished before it can pass. */
  finishedShare: number
  /** How long the gate must hold before the next ring opens. */
  soakSeconds: number
  /** Not heard of for so long: silent, left out of the shares and shown apart. */
  silentAfterSeconds: number
}

/** Of one ring. Every device of it is counted in `target`; a device that is further counts in every earlier column too. */
export interface RingTotals {
  /** Known devices that belong to the ring. */
  target: number
  began: number
  downloaded: number
  activated: number
  /** Healthy, and not failed. */
  healthy: number
  /** Told that they failed. */
  failed: number
  /** Went back, by themselves after a failure or because of a halt. */
  returned: number
  /** Began, told neither, and are past their deadline: counted as failed by the gate. */
  timedOut: number
  /** Have not begun, and are not waited for. */
  silent: Silent
  /** Of those that failed, by code; the sum is `failed`. */
  codes: Readonly<Record<string, number>>
}

export interface Silent {
  /** Not heard of at all. */
  offline: number
  /** Heard of, but not of this rollout. */
  online: number
}

export const NO_TOTALS: RingTotals = {
  target: 0,
  began: 0,
  downloaded: 0,
  activated: 0,
  healthy: 0,
  failed: 0,
  returned: 0,
  timedOut: 0,
  silent: { offline: 0, online: 0 },
  codes: {},
}

export interface RolloutEvent {
  type:
    | 'created'
    | 'opened'
    | 'passed'
    | 'paused'
    | 'resumed'
    | 'promoted'
    | 'halted'
    | 'completed'
    | 'superseded'
    | 'edited'
  atMs: number
  /** Who did it; `gate` when nobody did. */
  by: string
  /** Name of the ring that it is about. */
  ring?: string
  /** For people. */
  reason?: string
}

export interface Decision {
  rollout: Rollout
  events: readonly RolloutEvent[]
}

/** What a person may ask of a rollout. */
export type Order =
  | { do: 'pause'; reason?: string }
  | { do: 'resume' }
  /** The ring that was opened last passes, whatever its gate says. */
  | { do: 'promote' }
  | { do: 'halt'; returns: boolean; reason?: string }
  /** All rings as they shall be; those that are open must be among them, first and as they are. */
  | { do: 'edit'; rings: Rollout['rings'] }

export type Refusal =
  /** It is halted or superseded, or completed and asked for something else than a halt. */
  | 'ROLLOUT_ENDED'
  | 'ROLLOUT_NOT_RUNNING'
  /** A ring that is open is not as it was, or not there. */
  | 'ROLLOUT_RING_OPEN'
  | 'ROLLOUT_NOT_PAUSED'
  /** There is nothing to return to. */
  | 'ROLLOUT_NO_BASE'
  /** Another rollout of the channel is running or paused. */
  | 'ROLLOUT_UNFINISHED'
