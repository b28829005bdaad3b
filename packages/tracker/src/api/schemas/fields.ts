/** What requests and answers are made of. Times are epoch milliseconds. */
import { isMemberName, isPeerName, parseName, parseVersion } from '@shoal/release'
import { z } from 'zod'
import { LIMITS } from '../../limits.ts'

const TEXT_CHARACTERS_MAX = 200
const CURSOR_CHARACTERS_MAX = 512

export const name = z
  .string()
  .refine((text) => holds(() => parseName(text)), 'is no name: a-z 0-9 . _ - up to 64')
  .describe('a-z 0-9 . _ -, up to 64')
export const version = z
  .string()
  .refine((text) => holds(() => parseVersion(text)), 'is no version: A-Z a-z 0-9 . _ + - up to 64')
  .describe('A-Z a-z 0-9 . _ + -, up to 64')
export const memberName = z.string().refine(isMemberName, 'is no name of a site or group').describe('may be empty')
export const device = z.string().refine(isPeerName, 'is no peer id').describe('peer id')
export const rolloutId = z.string().regex(/^[a-z0-9-]{1,64}$/, 'is no id of a rollout: a-z 0-9 - up to 64')
export const text = z.string().trim().min(1).max(TEXT_CHARACTERS_MAX)
export const timeMs = z.int().min(0)
export const count = z.int().min(0)

/** Of a query, where everything is text. */
export const pageQuery = {
  cursor: z.string().max(CURSOR_CHARACTERS_MAX).optional().describe('of the page before'),
  limit: z.coerce.number().int().min(1).max(LIMITS.pageRowsMax).default(LIMITS.pageRows),
}

export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    rows: z.array(row),
    cursor: z.string().optional().describe('of the next page; absent on the last'),
    total: count.describe('over all pages'),
  })
}

export type Given<T> = { [Key in keyof T]: Exclude<T[Key], undefined> }

/** Without what is undefined: a key that is there counts as given. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}

function holds(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
