/** What the running daemon is asked and told about reports that are not delivered. */
import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import type { ReportName } from '../reports/index.ts'

export interface ReportList {
  /** To be sent; oldest first. */
  pending: ReportName[]
  /** Given up, with the reason. */
  dead: ReportName[]
}

export interface ResendOrder {
  /** All that were given up, unless given. */
  counters?: number[] | undefined
}

const schema = z.strictObject({ counters: z.array(z.int().min(1)).max(LIMITS.reports.resendMax).optional() })

/** Undefined for what is none. */
export function parseResendOrder(text: string): ResendOrder | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
