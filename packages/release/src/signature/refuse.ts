import { ReleaseError } from '../error.ts'
import type { Rule } from '../rules.ts'

export function refuse(rule: Rule<'STATEMENT_INVALID'>, message: string, cause?: unknown): never {
  throw new ReleaseError('STATEMENT_INVALID', rule, `statement: ${message}`, cause === undefined ? {} : { cause })
}
