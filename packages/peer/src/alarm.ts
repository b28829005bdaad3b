/** A wait that can be cut short. A ring while nobody waits is kept for the next wait, so no change goes unnoticed. */
export interface Alarm {
  /** Returns after the time, at a ring, or when the signal aborts, and says whether it rang; it never throws. */
  wait(ms: number, signal: AbortSignal): Promise<boolean>
  ring(): void
}

export function createAlarm(): Alarm {
  let rung = false
  let wake: (() => void) | undefined
  return {
    ring() {
      rung = true
      wake?.()
    },
    async wait(ms, signal) {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<undefined>()
        const done = (): void => resolve(undefined)
        wake = done
        const timer = setTimeout(done, ms)
        signal.addEventListener('abort', done)
        await promise
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        wake = undefined
      }
      const rang = rung
      rung = false
      return rang
    },
  }
}
