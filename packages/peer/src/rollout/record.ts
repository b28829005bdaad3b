/**
 * What an install root remembers of bringing releases in: the attempt under way, what failed here, how new what is here is. Pure; each
 * change is a new record, which `record-file.ts` keeps on disk.
 */
import type { ReleaseId } from '@shoal/release'
import * as z from 'zod'
import { LIMITS } from '../limits.ts'

const release = z.string().max(128) as unknown as z.ZodType<ReleaseId>
const version = z.string().min(1).max(64)
const rollout = z.string().min(1).max(64)
const timeMs = z.int().min(0)
const seconds = z.number().min(0)

/** A release, and how new it is in its channel. */
const known = z.strictObject({ release, version, counter: z.int().min(0) })

const attempt = known.extend({
  /** Absent where everybody may install it. */
  rollout: rollout.optional(),
  /** `began` fetches it · `downloaded` waits for its time · `activating` · `soaking` · `returning` to `previous`. */
  stage: z.enum(['began', 'downloaded', 'activating', 'soaking', 'returning']),
  /** When that began, epoch ms. */
  sinceMs: timeMs,
  soakSeconds: seconds,
  timeoutSeconds: seconds,
  /** What was current before, or what it goes back to; absent when there is nothing. */
  previous: known.optional(),
  /** Why it goes back; absent when a policy says so. */
  code: z.string().max(64).optional(),
  message: z.string().max(LIMITS.rollout.messageCharactersMax).optional(),
})

const failure = z.strictObject({
  version,
  rollout: rollout.optional(),
  code: z.string().max(64),
  message: z.string().max(LIMITS.rollout.messageCharactersMax),
  atMs: timeMs,
})

export const recordSchema = z.strictObject({
  v: z.literal(1),
  /** What was activated here, the latest last. */
  known: z.array(known).max(LIMITS.rollout.rememberedMax),
  /** What is not tried again, the latest last. */
  failed: z.array(failure).max(LIMITS.rollout.rememberedMax),
  attempt: attempt.optional(),
})

export type RolloutRecord = z.infer<typeof recordSchema>
export type KnownRelease = z.infer<typeof known>
export type Attempt = NonNullable<RolloutRecord['attempt']>
export type Failure = RolloutRecord['failed'][number]

/** What an attempt is for, and its terms. */
export type Undertaking = Pick<
  Attempt,
  'release' | 'version' | 'counter' | 'rollout' | 'soakSeconds' | 'timeoutSeconds'
>

export const NO_RECORD: RolloutRecord = { v: 1, known: [], failed: [] }

/** Whether the attempt under way is for this already. */
export function isUnderWay({ attempt }: RolloutRecord, { release, rollout }: Undertaking): boolean {
  return attempt !== undefined && attempt.release === release && attempt.rollout === rollout
}

export function begin(record: RolloutRecord, what: Undertaking, nowMs: number): RolloutRecord {
  return { ...record, attempt: { ...what, stage: 'began', sinceMs: nowMs } }
}

export function enter(
  record: RolloutRecord,
  change: Pick<Attempt, 'stage'> & Partial<Pick<Attempt, 'previous' | 'code' | 'message'>>,
  nowMs: number,
): RolloutRecord {
  const { attempt } = record
  if (attempt === undefined) throw new TypeError('nothing is under way')
  return { ...record, attempt: { ...attempt, ...change, sinceMs: nowMs } }
}

/** What is current now. */
export function activated(record: RolloutRecord, { release, version, counter }: KnownRelease): RolloutRecord {
  const others = record.known.filter((each) => each.release !== release)
  return { ...record, known: [...others, { release, version, counter }].slice(-LIMITS.rollout.rememberedMax) }
}

/** It is not tried again: of a rollout nothing, else not this version. */
export function fail(record: RolloutRecord, code: string, message: string, nowMs: number): RolloutRecord {
  const { attempt, ...rest } = record
  if (attempt === undefined) throw new TypeError('nothing is under way')
  const { version, rollout } = attempt
  const failure = {
    version,
    ...(rollout === undefined ? {} : { rollout }),
    code,
    message: shortened(message),
    atMs: nowMs,
  }
  return { ...rest, failed: [...record.failed, failure].slice(-LIMITS.rollout.rememberedMax) }
}

export function shortened(message: string): string {
  return message.slice(0, LIMITS.rollout.messageCharactersMax)
}

/** The attempt is over, and did not fail. */
export function settle(record: RolloutRecord): RolloutRecord {
  const rest = { ...record }
  delete rest.attempt
  return rest
}

/** Of what everybody may install. */
export function failureOf({ failed }: RolloutRecord, version: string): Failure | undefined {
  return failed.findLast((each) => each.rollout === undefined && each.version === version)
}

export function knownRelease({ known }: RolloutRecord, id: ReleaseId): KnownRelease | undefined {
  return known.find(({ release }) => release === id)
}
