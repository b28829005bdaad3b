/** What `rollout create` is told: rings and windows as people write them. */
import { parseDuration } from '@shoal/cli'
import { InvalidArgumentError } from 'commander'
import type { NewRollout } from '../api/index.ts'

export type RingFlag = NonNullable<NewRollout['rings']>[number]
export type WindowFlag = NonNullable<NewRollout['windows']>[number]
type Match = NonNullable<RingFlag['match']>

const RING_HINT =
  'write it as in canary=group=canary, early=site=waw-1,waw-2:25, eu=label.region=eu+group=office or rest=all'

/**
 * `NAME=SELECTOR[:PERCENT]`; a selector is `all`, or terms joined by `+` that must all hold: `group=…`, `site=…`, `device=…` or
 * `label.NAME=…`, each with values separated by commas.
 * @throws InvalidArgumentError
 */
export function parseRing(text: string): RingFlag {
  const [, name, selector = 'all', percentText] = /^([^=:]+)(?:=(.+?))?(?::(\d{1,3}))?$/.exec(text) ?? []
  const percent = Number(percentText ?? 100)
  if (name === undefined || percent > 100) throw new InvalidArgumentError(RING_HINT)
  return { name, match: selector === 'all' ? {} : parseSelector(selector), percent }
}

function parseSelector(text: string): Match {
  const kinds = new Map<string, string[]>()
  for (const term of text.split('+')) {
    const [, kind, list] = /^([a-z][a-zA-Z0-9._-]*)=([^=]+)$/.exec(term) ?? []
    const values = list?.split(',') ?? []
    if (kind === undefined || kinds.has(kind) || values.includes('')) throw new InvalidArgumentError(RING_HINT)
    if (!['group', 'site', 'device'].includes(kind) && !kind.startsWith('label.'))
      throw new InvalidArgumentError(RING_HINT)
    kinds.set(kind, values)
  }
  const [groups, sites, devices] = [kinds.get('group'), kinds.get('site'), kinds.get('device')]
  const labels = [...kinds].flatMap(([kind, values]) => (kind.startsWith('label.') ? [[kind.slice(6), values]] : []))
  return {
    ...(groups === undefined ? {} : { groups }),
    ...(sites === undefined ? {} : { sites }),
    ...(devices === undefined ? {} : { devices }),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) as Record<string, string[]> }),
  }
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const WINDOW_HINT = "write it as in 'mon-fri 22:00-06:00 Europe/Warsaw' or 'daily 01:00-05:00 UTC'"

/** @throws InvalidArgumentError */
export function parseWindow(text: string): WindowFlag {
  const [, days, from, to, zone] = /^(\S+) (\d\d:\d\d)-(\d\d:\d\d) (\S+)$/.exec(text.trim()) ?? []
  if (days === undefined || from === undefined || to === undefined || zone === undefined) {
    throw new InvalidArgumentError(WINDOW_HINT)
  }
  return { days: parseDays(days), fromMinute: parseMinute(from), toMinute: parseMinute(to), zone }
}

function parseDays(text: string): number[] {
  if (text === 'daily') return [0, 1, 2, 3, 4, 5, 6]
  const days = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const [first = -1, last = first, ...more] = part.split('-').map((day) => DAYS.indexOf(day))
    if (first < 0 || last < 0 || more.length > 0) throw new InvalidArgumentError(WINDOW_HINT)
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === last) break
    }
  }
  return [...days].toSorted((a, b) => a - b)
}

function parseMinute(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number)
  if (hour > 23 || minute > 59) throw new InvalidArgumentError(WINDOW_HINT)
  return 60 * hour + minute
}

/** `95` or `95%` → 0.95. @throws InvalidArgumentError */
export function parsePercent(text: string): number {
  const [, figures] = /^(\d{1,3}(?:\.\d+)?)\s*%?$/.exec(text) ?? []
  const percent = Number(figures)
  if (figures === undefined || percent > 100) throw new InvalidArgumentError('give a percentage, as in 95 or 99.5')
  return percent / 100
}

/** Whole seconds. @throws CliError */
export function parseSeconds(text: string): number {
  return Math.round(parseDuration(text) / 1_000)
}

/** @throws InvalidArgumentError */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('give a whole number from 1')
  return count
}
