/** At most so many tasks at once; the others wait their turn, or until their signal aborts. */
export function createSlots(max: number): { run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> } {
  const waiting = new Set<() => void>()
  let running = 0

  const turn = async (signal: AbortSignal): Promise<void> => {
    while (running >= max) {
      signal.throwIfAborted()
      const { promise, resolve } = Promise.withResolvers<undefined>()
      const wake = (): void => resolve(undefined)
      waiting.add(wake)
      signal.addEventListener('abort', wake)
      await promise
      signal.removeEventListener('abort', wake)
      waiting.delete(wake)
    }
    signal.throwIfAborted()
  }

  return {
    async run(task, signal) {
      await turn(signal)
      running += 1
      try {
        return await task()
      } finally {
        running -= 1
        for (const wake of waiting) {
          wake()
          break
        }
      }
    },
  }
}
