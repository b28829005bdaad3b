/** At most so many tasks at once; the others wait their turn, or until their signal aborts. */
export interface Slots {
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>
}

export function createSlots(max: number): Slots {
  const waiting = new Set<() => void>()
  let running = 0

  /** Returns holding a slot. */
  const take = async (signal: AbortSignal): Promise<void> => {
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
    running += 1
  }

  return {
    async run(task, signal) {
      await take(signal)
      try {
        return await task()
      } finally {
        running -= 1
        // All of them: the first might be one that just gave up.
        for (const wake of waiting) wake()
      }
    },
  }
}
