/** A batch of reports as it travels, and what the tracker says of each. */
import { REPORT_BYTES_MAX } from '@shoal/release'
import { z } from 'zod'
import { LIMITS } from '../limits.ts'

const report = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array)
  .refine((value) => value.length > 0 && value.length <= REPORT_BYTES_MAX)

const question = z.strictObject({
  v: z.literal(1),
  reports: z.array(report).min(1).max(LIMITS.reportsPerBatchMax),
})

/**
 * `taken`: on the tracker's disk, now or since before. `later`: there is no room for it now. The others are for good: `invalid` (not a report, or not
 * signed by its device), `not-yours` (of another device), `other-fleet`, `not-as-enrolled` (site or group are not those of the credential).
 */
export const OUTCOMES = ['taken', 'later', 'invalid', 'not-yours', 'other-fleet', 'not-as-enrolled'] as const
export type Outcome = (typeof OUTCOMES)[number]

const answer = z.discriminatedUnion('status', [
  z.strictObject({
    v: z.literal(1),
    status: z.literal('ok'),
    /** In the order of the reports. */
    outcomes: z.array(z.enum(OUTCOMES)).max(LIMITS.reportsPerBatchMax),
  }),
  z.strictObject({
    v: z.literal(1),
    status: z.enum(['invalid', 'too-often', 'busy']),
    retryMs: z.int().min(0).max(86_400_000),
  }),
])

export type ReportsQuestion = z.infer<typeof question>
export type ReportsAnswer = z.infer<typeof answer>

export function parseReportsQuestion(value: unknown): ReportsQuestion | undefined {
  return question.safeParse(value).data
}

export function parseReportsAnswer(value: unknown): ReportsAnswer | undefined {
  return answer.safeParse(value).data
}
