/** Times of the week at which other limits hold. */
import { isWithin, type LocalTime } from '@shoal/release'
import type { Rates } from './flows.ts'

export interface Window {
  /** Days on which it begins; 0 is Sunday. */
  days: ReadonlySet<number>
  /** Minutes since midnight. One that ends no later than it begins ends on the next day. */
  fromMinute: number
  toMinute: number
  /** IANA name, such as Europe/Warsaw. */
  zone: string
  rates: Rates
  /** As people wrote it. */
  text: string
}

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

export function isOpen({ days, fromMinute, toMinute }: Window, at: LocalTime): boolean {
  return isWithin({ days: [...days], fromMinute, toMinute }, at)
}
