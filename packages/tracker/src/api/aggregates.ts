/** What the store counts over all devices, as it was within the last moments. */
import type { DeviceTotals, Store, VersionCount } from '../store/store.ts'
import type { RingTotals, Rollout } from '../rollout/rollout.ts'
import { createRecent } from './recent.ts'

export interface Aggregates {
  /** Never older than the rollout that they are shown with. */
  ringTotals(rollout: Pick<Rollout, 'id' | 'revision'>): Promise<RingTotals[]>
  deviceTotals(): Promise<DeviceTotals>
  versions(): Promise<VersionCount[]>
}

/** @param now epoch ms */
export function createAggregates(
  store: Pick<Store, 'ringTotals' | 'deviceTotals' | 'versions'>,
  now: () => number,
): Aggregates {
  const rings = createRecent<RingTotals[]>(now)
  const devices = createRecent<DeviceTotals>(now)
  const versions = createRecent<VersionCount[]>(now)
  return {
    ringTotals: ({ id, revision }) => rings.get(`${id} ${revision}`, () => store.ringTotals(id, now())),
    deviceTotals: () => devices.get('', () => store.deviceTotals(now())),
    versions: () => versions.get('', () => store.versions({})),
  }
}
