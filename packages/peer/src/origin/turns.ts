/** So many at a time, the others in the order in which they came. */
export interface Turns {
  /** Resolves when it is the caller's turn, with how to end it. Rejects with the reason of the signal. */
  take(signal: AbortSignal): Promise<Disposable>
  /** From now on; whose turn it is already keeps it. At least 1. */
  setMax(max: number): void
}

export function createTurns(max: number): Turns {
  const waiting: (() => void)[] = []
  let taken = 0

  function next(): void {
    while (taken < max) {
      const begin = waiting.shift()
      if (begin === undefined) return
      taken++
      begin()
    }
  }

  function end(): void {
    taken--
    next()
  }

  return {
    async take(signal) {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<undefined>()
      const begin = (): void => resolve(undefined)
      const onAbort = (): void => {
        const at = waiting.indexOf(begin)
        if (at !== -1) waiting.splice(at, 1)
        else end()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', onAbort)
      waiting.push(begin)
      next()
      try {
        await promise
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
      return { [Symbol.dispose]: end }
    },
    setMax(most) {
      max = most
      next()
    },
  }
}
