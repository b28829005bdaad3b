/** Reads the times of the week at which other limits hold, or says what is wrong with them. */
import { usageError } from '@shoal/cli'
import { localTime } from '@shoal/release'
import { DAYS, type Rates, type Window } from '../traffic/index.ts'

const MINUTES_OF_DAY = 24 * 60

export interface WrittenWindow {
  days: string
  from: string
  to: string
  zone: string
  rates: Rates
}

export function readWindow({ days, from, to, zone, rates }: WrittenWindow): Window {
  if (Object.keys(rates).length === 0)
    throw usageError(`the window ${days} ${from}-${to} limits nothing`, 'name a limit in it, such as uploadWan: 1MB/s')
  return {
    days: readDays(days),
    fromMinute: readMinute(from),
    toMinute: readMinute(to) % MINUTES_OF_DAY,
    zone: readZone(zone),
    rates,
    text: `${days} ${from}-${to} ${zone}`,
  }
}

/** `daily`, `mon-fri`, `sat,sun`, `fri-mon` */
function readDays(text: string): Set<number> {
  const days = new Set<number>()
  const written = text.trim().toLowerCase()
  for (const part of (written === 'daily' ? 'sun-sat' : written).split(',')) {
    const [first = '', last = first, ...more] = part
      .split('-')
      .map((day) => DAYS.findIndex((each) => each === day.trim()))
    if (more.length > 0 || first === -1 || last === -1)
      throw usageError(`'${text}' are not days`, 'write them as in mon-fri, sat,sun or daily')
    for (let day = Number(first); ; day = (day + 1) % 7) {
      days.add(day)
      if (day === last) break
    }
  }
  return days
}

/** `08:00` → 480; `24:00` is allowed as an end. */
function readMinute(text: string): number {
  const [, hour, minute] = /^(\d{1,2}):(\d\d)$/.exec(text.trim()) ?? []
  const minutes = Number(hour) * 60 + Number(minute)
  if (!(Number(minute) < 60 && minutes <= MINUTES_OF_DAY))
    throw usageError(`'${text}' is not a time of day`, 'write it as in 08:00')
  return minutes
}

function readZone(zone: string): string {
  try {
    localTime(zone, 0)
    return zone
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw usageError(`'${zone}' is not a time zone`, 'write it as in Europe/Warsaw or UTC')
  }
}
