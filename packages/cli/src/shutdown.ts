import { CliError } from './error.ts'
import { EXIT } from './exit.ts'
import { SIGNAL_REPEAT_MS } from './limits.ts'

// Signals belong to the process, so this state does too.
let shared: AbortSignal | undefined

/**
 * Aborts at the first SIGINT or SIGTERM, with a CliError INTERRUPTED as reason; a second signal exits 130 at once. A
 * command that never asks for it keeps the system's default: the signal ends it.
 */
export function shutdownSignal(): AbortSignal {
  shared ??= watchSignals()
  return shared
}

/** True if the error is how a command stops because `shutdownSignal` aborted. */
export function isShutdown(error: unknown): boolean {
  if (shared?.aborted !== true) return false
  return error === shared.reason || (error instanceof Error && error.name === 'AbortError')
}

function watchSignals(): AbortSignal {
  const controller = new AbortController()
  let firstAtMs = 0
  const onSignal = (name: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      firstAtMs = performance.now()
      controller.abort(
        new CliError('INTERRUPTED', EXIT.interrupted, `stopped by ${name}`, 'run the same again to go on'),
      )
    } else if (performance.now() - firstAtMs > SIGNAL_REPEAT_MS) {
      process.exit(EXIT.interrupted)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return controller.signal
}
