/** The fields that policies and reports share. */
import { LABELS_MAX, NAME_CHARACTERS_MAX } from '../limits.ts'
import { isRecord } from '../manifest/wire.ts'
import { parseName, parseVersion } from '../names.ts'

/** The year 9999: later times are of another unit. */
export const TIME_MS_MAX = 253_402_300_799_999

const ROLLOUT = /^[a-z0-9-]{1,64}$/
const LABEL = /^[a-z0-9][a-z0-9._-]*$/
const LABEL_VALUE = /^[A-Za-z0-9._-]*$/
const AGENT = /^[A-Za-z0-9._/+ -]{1,64}$/

export function isRolloutId(value: unknown): value is string {
  return typeof value === 'string' && ROLLOUT.test(value)
}

/** Of a product, channel or platform. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && holds(() => parseName(value))
}

export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && holds(() => parseVersion(value))
}

export function isLabel(value: unknown): value is string {
  // Some words are no keys: JavaScript gives them a meaning of its own.
  return typeof value === 'string' && value.length <= NAME_CHARACTERS_MAX && LABEL.test(value) && !(value in {})
}

export function isLabelValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_CHARACTERS_MAX && LABEL_VALUE.test(value)
}

export function isLabels(value: unknown): value is Record<string, string> {
  if (!isRecord(value)) return false
  const entries = Object.entries(value)
  return entries.length <= LABELS_MAX && entries.every(([label, text]) => isLabel(label) && isLabelValue(text))
}

/** Program and version, such as shoal-peer/0.1.0. */
export function isAgent(value: unknown): value is string {
  return typeof value === 'string' && AGENT.test(value)
}

/** All of the one, any of the other, nothing else. */
export function hasOnly(
  value: Record<string, unknown>,
  required: readonly string[],
  optional: readonly string[] = [],
): boolean {
  const keys = Object.keys(value)
  return (
    required.every((key) => Object.hasOwn(value, key)) &&
    keys.every((key) => required.includes(key) || optional.includes(key))
  )
}

export function isListOf<T>(value: unknown, max: number, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.length <= max && value.every(is)
}

function holds(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
