/** What a member asks a tracker about its own membership, and what it hears. */
import { z } from 'zod'
import { CREDENTIAL_BYTES_MAX, REVOCATIONS_BYTES_MAX } from '@shoal/release'

const question = z.strictObject({
  v: z.literal(1),
  /** Whether it wants a new credential. */
  renew: z.boolean(),
  /** Of the revocations that it has; 0 for none. */
  sequence: z.int().min(0),
})
const bytes = (max: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array).refine((value) => value.length <= max)
const answer = z.strictObject({
  v: z.literal(1),
  credential: bytes(CREDENTIAL_BYTES_MAX).optional(),
  /** Only when they are newer. */
  revocations: bytes(REVOCATIONS_BYTES_MAX).optional(),
})

export type MembersQuestion = z.infer<typeof question>
export type MembersAnswer = z.infer<typeof answer>

export function membersProtocol(fleet: string): string {
  return `/shoal/${fleet}/members/1`
}

export function parseMembersQuestion(value: unknown): MembersQuestion | undefined {
  return question.safeParse(value).data
}

export function parseMembersAnswer(value: unknown): MembersAnswer | undefined {
  return answer.safeParse(value).data
}
