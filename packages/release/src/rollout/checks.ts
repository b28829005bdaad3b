/** What a device's doctor found, as it is reported. */
import { CHECK_NAME_CHARACTERS_MAX, CHECK_TEXT_BYTES_MAX, CHECKS_MAX } from '../limits.ts'
import { hasKeys, isRecord } from '../manifest/wire.ts'
import { isListOf } from './fields.ts'

/** One thing that was looked at: a line on it, with what to do where it is not well. */
export interface ReportCheck {
  check: string
  verdict: CheckVerdict
  text: string
}

export const CHECK_VERDICTS = ['ok', 'warn', 'fail', 'unknown'] as const
export type CheckVerdict = (typeof CHECK_VERDICTS)[number]

const NAME = /^[a-z]+( [a-z]+)*$/
/** Nothing that a terminal would obey, or that turns the direction of text. */
const LINE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u

export function areChecks(value: unknown): value is ReportCheck[] {
  if (!isListOf(value, CHECKS_MAX, isCheck) || value.length === 0) return false
  return new Set(value.map(({ check }) => check)).size === value.length
}

function isCheck(value: unknown): value is ReportCheck {
  if (!isRecord(value) || !hasKeys(value, ['check', 'verdict', 'text'])) return false
  const { check, verdict, text } = value
  return isName(check) && CHECK_VERDICTS.some((each) => each === verdict) && isLine(text)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= CHECK_NAME_CHARACTERS_MAX && NAME.test(value)
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && Buffer.byteLength(value) <= CHECK_TEXT_BYTES_MAX && LINE.test(value)
}
