import { EXIT } from './exit.ts'

/** What went wrong, in the words of the person at the terminal. `code` is stable; scripts branch on it. */
export interface Explanation {
  code: string
  exit: number
  message: string
  fix: string
}

/** An error that already knows its exit code and what to do next. The programs choose the codes. */
export class CliError extends Error implements Explanation {
  override readonly name = 'CliError'
  readonly code: string
  readonly exit: number
  readonly fix: string

  constructor(code: string, exit: number, message: string, fix: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.exit = exit
    this.fix = fix
  }
}

export function usageError(message: string, fix: string): CliError {
  return new CliError('USAGE', EXIT.usage, message, fix)
}
