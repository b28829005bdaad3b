/**
 * Lets `act` happen at most once in `gapMs`, each time after a delay; calls in between are covered by it. Stops with the
 * signal.
 */
export function atMostEvery<T>(
  { gapMs, delayMs, signal }: { gapMs: number; delayMs: () => number; signal: AbortSignal },
  act: (event: T) => void,
): (event: T) => void {
  let lastMs = -Infinity
  let pending: NodeJS.Timeout | undefined
  signal.addEventListener('abort', () => clearTimeout(pending))
  return (event) => {
    if (pending !== undefined || signal.aborted) return
    pending = setTimeout(
      () => {
        pending = undefined
        lastMs = performance.now()
        act(event)
      },
      Math.max(delayMs(), lastMs + gapMs - performance.now()),
    )
  }
}
