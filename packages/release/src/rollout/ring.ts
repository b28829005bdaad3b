/** Which devices are of a ring: a matter of what a device is and of a hash, so that each can tell for itself. */
import { sha256 } from '../cid.ts'
import type { Match, RingPolicy, RolloutTerms } from './policy.ts'

/** What a device is, as rings see it. */
export interface DeviceFacts {
  /** Text of its libp2p peer id. */
  id: string
  group: string
  /** Empty where sites have no names. */
  site: string
  labels: Readonly<Record<string, string>>
}

/** The device's place in [0, 1) for what a salt names: the first 53 bits of the sha256 of device, a zero byte and salt. */
export function placeOf(device: string, salt: string): number {
  const digest = sha256(Buffer.from(`${device}\0${salt}`))
  const first = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0)
  return Number(first >> 11n) / 2 ** 53
}

/** Index of the ring that a device belongs to: the first whose match holds and whose percentage reaches its place. */
export function chooseRing({ id, rings }: Pick<RolloutTerms, 'id' | 'rings'>, device: DeviceFacts): number | undefined {
  const place = placeOf(device.id, id)
  const index = rings.findIndex((ring) => place < ring.percent / 100 && matches(ring.match, device))
  return index < 0 ? undefined : index
}

/** Until when after the opening of its ring a device waits, so that a ring does not begin all at once. */
export function spreadOfMs({ id, spreadSeconds }: Pick<RolloutTerms, 'id' | 'spreadSeconds'>, device: string): number {
  return Math.floor(placeOf(device, `${id}\0spread`) * spreadSeconds * 1000)
}

export function matches({ devices, groups, sites, labels }: Match, device: DeviceFacts): boolean {
  if (devices !== undefined && !devices.includes(device.id)) return false
  if (groups !== undefined && !groups.includes(device.group)) return false
  if (sites !== undefined && !sites.includes(device.site)) return false
  return Object.entries(labels ?? {}).every(([label, values]) => {
    const value = Object.hasOwn(device.labels, label) ? device.labels[label] : undefined
    return value !== undefined && values.includes(value)
  })
}

/** A ring that everybody matches, whole. */
export function isWhole({ match, percent }: RingPolicy): boolean {
  return percent === 100 && Object.keys(match).length === 0
}
