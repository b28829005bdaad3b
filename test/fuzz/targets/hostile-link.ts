/** An end of a link whose other end is a fuzzer. */
import type { Link } from '../../../packages/peer/src/links/link.ts'

export interface HostileLink extends Link {
  arrive(bytes: Uint8Array): void
  /** Sent, and taken by nobody yet. */
  readonly waitingBytes: number
  readonly sentAfterEnd: number
}

/** @param takesNothing whatever is sent to it waits, as when nobody reads at the other end */
export function hostileLink({ takesNothing }: { takesNothing: boolean }): HostileLink {
  const ended = new AbortController()
  let handler: ((bytes: Uint8Array) => void) | undefined
  let waitingBytes = 0
  let sentAfterEnd = 0
  return {
    peer: 'hostile',
    ended: ended.signal,
    send(...parts) {
      if (ended.signal.aborted) sentAfterEnd += 1
      if (takesNothing) for (const part of parts) waitingBytes += part.length
      return !takesNothing
    },
    drained: () => {
      const { promise, resolve } = Promise.withResolvers<undefined>()
      if (ended.signal.aborted || !takesNothing) resolve(undefined)
      else ended.signal.addEventListener('abort', () => resolve(undefined), { once: true })
      return promise
    },
    onData: (given) => void (handler = given),
    close: () => ended.abort(),
    arrive: (bytes) => handler?.(bytes),
    get waitingBytes() {
      return waitingBytes
    },
    get sentAfterEnd() {
      return sentAfterEnd
    },
  }
}
