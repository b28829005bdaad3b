/** Times of the week at which other limits hold. Times are those of a clock on the wall of the zone, also when it is put forward or back. */
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

export interface LocalTime {
  /** 0 is Sunday. */
  day: number
  minute: number
}

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

export function isOpen({ days, fromMinute, toMinute }: Window, { day, minute }: LocalTime): boolean {
  if (fromMinute < toMinute) return days.has(day) && minute >= fromMinute && minute < toMinute
  const yesterday = (day + 6) % 7
  return (days.has(day) && minute >= fromMinute) || (days.has(yesterday) && minute < toMinute)
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for a zone that is none */
export function localTime(zone: string, atMs: number): LocalTime {
  const format = formats.get(zone) ?? formatOf(zone)
  formats.set(zone, format)
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const { weekday = '', hour = '', minute = '' } = parts
  return {
    day: DAYS.findIndex((day) => day === weekday.toLowerCase()),
    minute: Number(hour) * 60 + Number(minute),
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
}
