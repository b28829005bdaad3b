import { setTimeout as pause } from 'node:timers/promises'

/** After a turn that failed. */
const RETRY_MS = 250

/** Takes turns until it is disposed, one after the other; each says after how many milliseconds the next one comes. */
export function repeat(turn: (signal: AbortSignal) => Promise<number>): AsyncDisposable {
  const stopping = new AbortController()
  const { signal } = stopping
  const running = (async () => {
    while (!signal.aborted) {
      const waitMs = await turn(signal).catch(() => RETRY_MS)
      await pause(waitMs, undefined, { signal }).catch(() => undefined)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}
