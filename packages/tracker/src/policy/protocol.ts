/** What a device asks a tracker: is there a newer policy than mine. */
import { POLICY_BYTES_MAX } from '@shoal/release'
import { z } from 'zod'
import { LIMITS } from '../limits.ts'
import type { ExchangeLimits } from '../wire/exchange.ts'

export function policyProtocol(fleet: string): string {
  return `/shoal/${fleet}/policy/1`
}

export const POLICY_LIMITS: ExchangeLimits = {
  questionBytesMax: LIMITS.policyQuestionBytesMax,
  answerBytesMax: POLICY_BYTES_MAX + 256,
  timeoutMs: LIMITS.exchangeTimeoutMs,
}

const question = z.strictObject({
  v: z.literal(1),
  /** Of the policy that the device has; 0 for none. */
  version: z.int().min(0),
})
const answer = z.strictObject({
  v: z.literal(1),
  /** Only when it is newer. */
  document: z
    .custom<Uint8Array>((value) => value instanceof Uint8Array)
    .refine((value) => value.length <= POLICY_BYTES_MAX)
    .optional(),
})

export type PolicyQuestion = z.infer<typeof question>
export type PolicyAnswer = z.infer<typeof answer>

export function parsePolicyQuestion(value: unknown): PolicyQuestion | undefined {
  return question.safeParse(value).data
}

export function parsePolicyAnswer(value: unknown): PolicyAnswer | undefined {
  return answer.safeParse(value).data
}
