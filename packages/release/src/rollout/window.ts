/** Times of the week, by the clock on the wall of a zone, also when it is put forward or back. */
import type { InstallWindow } from './policy.ts'

export interface LocalTime {
  /** 0 is Sunday. */
  day: number
  minute: number
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60
/** By more than this no zone puts its clock forward or back. */
const SHIFT_MINUTES_MAX = 120
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** A window in a zone that is not known here is never open. */
export function isOpenAt(window: InstallWindow, atMs: number): boolean {
  return isZone(window.zone) && isWithin(window, localTime(window.zone, atMs))
}

/** The first whole minute, or the given moment, at which one of the windows is open; at once when there are none; undefined for never. */
export function nextOpeningMs(windows: readonly InstallWindow[], fromMs: number): number | undefined {
  if (windows.length === 0 || windows.some((window) => isOpenAt(window, fromMs))) return fromMs
  const openings = windows.map((window) => openingMs(window, fromMs)).filter((atMs) => atMs !== undefined)
  return openings.length === 0 ? undefined : Math.min(...openings)
}

/** Of a window that is closed: goes to the days on which it may begin, and there looks minute by minute, for the clock may have been shifted. */
function openingMs(window: InstallWindow, fromMs: number): number | undefined {
  if (!isZone(window.zone)) return undefined
  const nowMs = Math.floor(fromMs / MINUTE_MS) * MINUTE_MS
  const now = localTime(window.zone, nowMs)
  for (let ahead = 0; ahead <= 8; ahead++) {
    if (!window.days.includes((now.day + ahead) % 7)) continue
    const beginsMs = nowMs + (ahead * DAY_MINUTES + window.fromMinute - now.minute) * MINUTE_MS
    for (let minute = -SHIFT_MINUTES_MAX; minute <= SHIFT_MINUTES_MAX; minute++) {
      const atMs = beginsMs + minute * MINUTE_MS
      if (atMs > fromMs && isOpenAt(window, atMs)) return atMs
    }
  }
  return undefined
}

/** Of a window that crosses midnight, `days` are those on which it begins. */
export function isWithin(
  { days, fromMinute, toMinute }: Omit<InstallWindow, 'zone'>,
  { day, minute }: LocalTime,
): boolean {
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute
  return (days.includes(day) && minute >= fromMinute) || (days.includes((day + 6) % 7) && minute < toMinute)
}

export function isZone(zone: string): boolean {
  return formatFor(zone) !== undefined
}

/** @throws RangeError for a zone that is none */
export function localTime(zone: string, atMs: number): LocalTime {
  const format = formatFor(zone)
  if (format === undefined) throw new RangeError(`there is no time zone '${zone}'`)
  const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
  const { weekday = '', hour = '', minute = '' } = parts
  return { day: DAYS.indexOf(weekday), minute: Number(hour) * 60 + Number(minute) }
}

/** Making one costs more than using it a hundred times; there are only so many zones, and others are not kept. */
const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(timeZone, format)
    return format
  } catch {
    return undefined
  }
}
