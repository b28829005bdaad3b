import type { ReleaseErrorCode, Rule } from './rules.ts'

/** Bytes or text from elsewhere that break a rule of the formats. The message says what and where. */
export class ReleaseError<C extends ReleaseErrorCode = ReleaseErrorCode> extends Error {
  override readonly name = 'ReleaseError'
  readonly code: C
  /** The one rule that was broken; finer than the code, and as stable. */
  readonly rule: Rule<C>

  constructor(code: C, rule: Rule<C>, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.rule = rule
  }
}
