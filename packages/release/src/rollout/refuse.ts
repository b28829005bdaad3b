import { ReleaseError } from '../error.ts'
import type { Rule } from '../rules.ts'

export function refusePolicy(rule: Rule<'POLICY_INVALID'>, message: string): never {
  throw new ReleaseError('POLICY_INVALID', rule, `policy: ${message}`)
}
