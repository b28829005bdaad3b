/** A rollout as a policy states it, read strictly. */
import { INSTALL_WINDOWS_MAX, LABELS_MAX, MATCH_VALUES_MAX, RINGS_MAX, ROLLOUT_SECONDS_MAX } from '../limits.ts'
import { isCount, isRecord } from '../manifest/wire.ts'
import { isMemberName, isPeerName } from '../membership/fields.ts'
import { hasOnly, isLabel, isLabelValue, isListOf, isName, isRolloutId, isVersion, TIME_MS_MAX } from './fields.ts'
import type { InstallWindow, Match, RingPolicy, RolloutPolicy } from './policy.ts'
import { refusePolicy } from './refuse.ts'

const KEYS = [
  'id',
  'version',
  'state',
  'rings',
  'openedAtMs',
  'spreadSeconds',
  'windows',
  'download',
  'soakSeconds',
  'timeoutSeconds',
]
const STATES = ['running', 'paused', 'halted', 'completed'] as const
const DOWNLOADS = ['at-once', 'in-window'] as const
/** An IANA name. That this machine does not know it is no reason to refuse the policy: such a window is never open. */
const ZONE = /^[A-Za-z0-9_+-]{1,32}(?:\/[A-Za-z0-9_+-]{1,32}){0,2}$/
const DAY_MINUTES = 24 * 60

/** @throws ReleaseError POLICY_INVALID */
export function parseRollout(value: unknown): RolloutPolicy {
  if (!isRecord(value) || !hasOnly(value, KEYS)) {
    refusePolicy('policy-shape', `a rollout has other keys than ${KEYS.join(', ')}`)
  }
  const { id, version } = value
  const state = STATES.find((each) => each === value['state'])
  const download = DOWNLOADS.find((each) => each === value['download'])
  if (!isRolloutId(id) || !isVersion(version) || state === undefined || download === undefined) {
    refusePolicy('policy-rollout', 'a rollout has an id, a version, a state or a download that is none')
  }
  const rings = readRings(value['rings'])
  const openedAtMs = readOpened(value['openedAtMs'], rings.length)
  const windows = readWindows(value['windows'])
  return { id, version, state, rings, openedAtMs, windows, download, ...readDurations(value) }
}

function readRings(value: unknown): RingPolicy[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > RINGS_MAX) {
    refusePolicy('policy-rings', `a rollout has not 1 to ${RINGS_MAX} rings`)
  }
  const rings = value.map(readRing)
  if (new Set(rings.map(({ name }) => name)).size !== rings.length) {
    refusePolicy('policy-rings', 'two rings of a rollout have one name')
  }
  return rings
}

function readRing(value: unknown): RingPolicy {
  if (!isRecord(value) || !hasOnly(value, ['name', 'match', 'percent'])) {
    refusePolicy('policy-rings', 'a ring is not name, match and percent')
  }
  const { name, match, percent } = value
  if (!isName(name) || !isCount(percent, 100)) {
    refusePolicy('policy-rings', 'a ring has no name, or its percent is not a whole number up to 100')
  }
  return { name, match: readMatch(match), percent }
}

function readMatch(value: unknown): Match {
  if (!isRecord(value) || !hasOnly(value, [], ['devices', 'groups', 'sites', 'labels'])) {
    refusePolicy('policy-match', 'a ring matches by something else than devices, groups, sites and labels')
  }
  const { devices, groups, sites, labels } = value
  return {
    ...(devices === undefined ? {} : { devices: readValues(devices, isPeerName) }),
    ...(groups === undefined ? {} : { groups: readValues(groups, isMemberName) }),
    ...(sites === undefined ? {} : { sites: readValues(sites, isMemberName) }),
    ...(labels === undefined ? {} : { labels: readLabels(labels) }),
  }
}

function readLabels(value: unknown): Record<string, string[]> {
  if (!isRecord(value) || Object.keys(value).length > LABELS_MAX || !Object.keys(value).every(isLabel)) {
    refusePolicy('policy-match', `the labels of a ring are no map of at most ${LABELS_MAX} names`)
  }
  return Object.fromEntries(Object.entries(value).map(([label, values]) => [label, readValues(values, isLabelValue)]))
}

function readValues(value: unknown, is: (item: unknown) => item is string): string[] {
  if (!isListOf(value, MATCH_VALUES_MAX, is) || value.length === 0 || new Set(value).size !== value.length) {
    refusePolicy('policy-match', `a ring matches a list that is not 1 to ${MATCH_VALUES_MAX} plain values, each once`)
  }
  return value
}

/** A ring never opens before the one before it. */
function readOpened(value: unknown, rings: number): number[] {
  if (!isListOf(value, rings, (item) => isCount(item, TIME_MS_MAX))) {
    refusePolicy('policy-opened', 'what is open is not a time in whole milliseconds for some of the rings')
  }
  if (value.some((atMs, at) => at > 0 && atMs < (value[at - 1] ?? 0))) {
    refusePolicy('policy-opened', 'a ring was opened before the one before it')
  }
  return value
}

function readWindows(value: unknown): InstallWindow[] {
  if (!isListOf(value, INSTALL_WINDOWS_MAX, isWindow)) {
    refusePolicy('policy-windows', `the windows are no list of at most ${INSTALL_WINDOWS_MAX}`)
  }
  return value
}

function isWindow(value: unknown): value is InstallWindow {
  if (!isRecord(value) || !hasOnly(value, ['days', 'fromMinute', 'toMinute', 'zone'])) return false
  const { days, fromMinute, toMinute, zone } = value
  if (!isListOf(days, 7, (day) => isCount(day, 6)) || days.length === 0 || new Set(days).size !== days.length) {
    return false
  }
  const isMinute = (minute: unknown): boolean => isCount(minute, DAY_MINUTES - 1)
  return isMinute(fromMinute) && isMinute(toMinute) && typeof zone === 'string' && ZONE.test(zone)
}

function readDurations(
  value: Record<string, unknown>,
): Pick<RolloutPolicy, 'spreadSeconds' | 'soakSeconds' | 'timeoutSeconds'> {
  const { spreadSeconds, soakSeconds, timeoutSeconds } = value
  const isDuration = (seconds: unknown): seconds is number => isCount(seconds, ROLLOUT_SECONDS_MAX)
  if (!isDuration(spreadSeconds) || !isDuration(soakSeconds) || !isDuration(timeoutSeconds)) {
    refusePolicy('policy-durations', `spread, soak and timeout are not whole seconds up to ${ROLLOUT_SECONDS_MAX}`)
  }
  if (timeoutSeconds <= soakSeconds) refusePolicy('policy-durations', 'the timeout is not longer than the soak')
  return { spreadSeconds, soakSeconds, timeoutSeconds }
}
