/** What the name of a report's file says: enough to send, to keep or to give up the report without opening it. */
import { REPORT_STATES, type ReportState } from '@shoal/release'

export interface ReportName {
  /** Rises for ever; the tracker knows a report by it. */
  counter: number
  state: ReportState
  /** Why it was given up; absent while it is to be sent. */
  code?: string
}

const NAME = /^([1-9]\d{0,15})-([a-z]+)(?:-([A-Z0-9_]{1,64}))?$/

export function reportFile({ counter, state, code }: ReportName): string {
  return `${counter}-${state}${code === undefined ? '' : `-${code}`}`
}

/** Undefined for a name that is not ours. */
export function parseReportFile(name: string): ReportName | undefined {
  const [, digits, state, code] = NAME.exec(name) ?? []
  const known = REPORT_STATES.find((each) => each === state)
  const counter = Number(digits)
  if (known === undefined || !Number.isSafeInteger(counter)) return undefined
  return { counter, state: known, ...(code === undefined ? {} : { code }) }
}
