import { ReleaseError } from '../error.ts'
import type { Rule } from '../rules.ts'

export function refuse(rule: Rule<'MANIFEST_INVALID'>, message: string, cause?: unknown): never {
  throw new ReleaseError('MANIFEST_INVALID', rule, `manifest: ${message}`, cause === undefined ? {} : { cause })
}
