/** A link: an ordered stream of bytes between two authenticated peers. libp2p streams are one kind of it. */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

export interface Link {
  readonly peer: string
  /** Queues bytes, which must not change afterwards. False when the caller should await `drained` before it sends more. */
  send(...parts: Uint8Array[]): boolean
  /** Resolves when there is room again, or the link has ended. */
  drained(signal: AbortSignal): Promise<void>
  /** At most one handler; what came before it was set is kept for it. */
  onData(handler: (bytes: Uint8Array) => void): void
  /** Aborted when the link has ended, whoever ended it. */
  readonly ended: AbortSignal
  close(reason?: Error): void
}

export function linkOverStream(peer: string, stream: Stream): Link {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  stream.addEventListener('close', end, { once: true })
  stream.addEventListener('remoteCloseWrite', end, { once: true })
  if (stream.status !== 'open') end()
  return {
    peer,
    ended: ended.signal,
    send(...parts) {
      if (ended.signal.aborted) return true
      return stream.send(new Uint8ArrayList(...parts))
    },
    async drained(signal) {
      // The stream's own onDrain() resolves at once from the second time on.
      while (stream.writeBufferLength > 0 && !ended.signal.aborted) await drainEvent(stream, ended.signal, signal)
    },
    onData(handler) {
      stream.addEventListener('message', (event: StreamMessageEvent) => {
        const data = event.data
        if (data instanceof Uint8Array) handler(data)
        else for (const part of data) handler(part)
      })
    },
    close(reason) {
      end()
      stream.abort(reason ?? new Error('the link is closed'))
    },
  }
}

function drainEvent(stream: Stream, ended: AbortSignal, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const done = (): void => {
      stream.removeEventListener('drain', done)
      ended.removeEventListener('abort', done)
      signal.removeEventListener('abort', fail)
      resolve()
    }
    const fail = (): void => {
      done()
      reject(signal.reason as Error)
    }
    stream.addEventListener('drain', done)
    ended.addEventListener('abort', done)
    signal.addEventListener('abort', fail)
  })
}
