export type ConstellationErrorCode =
  'PROGRAM_DIED' | 'PROGRAM_FAILED' | 'NO_RECORD' | 'PACKAGE_MISSING' | 'TREE_DIFFERS'

/** Something that was started for a test or the demo did not do what was waited for. */
export class ConstellationError extends Error {
  override readonly name = 'ConstellationError'
  readonly code: ConstellationErrorCode

  constructor(code: ConstellationErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
