/** What the API needs of the tracker. */
import type { Order, Rollout } from '../rollout/rollout.ts'
import type { Store } from '../store/store.ts'
import type { ReadSigned } from '../origin/signed-release.ts'
import type { Aggregates } from './aggregates.ts'
import type { z } from 'zod'
import type { newRollout } from './schemas/rollout.ts'

export type NewRollout = z.output<typeof newRollout>

/** Changes rollouts: decides, signs the policy anew, keeps both with an entry of the audit log, and tells the fleet. */
export interface RolloutDesk {
  /** @throws TrackerError INVALID, CONFLICT, STORE_UNAVAILABLE */
  create(wanted: NewRollout, by: string): Promise<Rollout>
  /** @throws TrackerError NOT_FOUND, INVALID, CONFLICT, STORE_UNAVAILABLE */
  order(id: string, order: Order, by: string): Promise<Rollout>
}

export interface ApiDeps {
  store: Store
  aggregates: Aggregates
  desk: RolloutDesk
  /** Epoch ms. */
  now: () => number
  /** Whose reports count: in an open fleet anybody's who makes himself a key. */
  reporters: 'members' | 'anyone'
  /** Absent: this tracker has no origin to look at. */
  readSigned: ReadSigned | undefined
  /** Peers that announced lately. */
  connected: () => number
}
