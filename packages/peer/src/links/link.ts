/** A link: an ordered stream of bytes between two authenticated peers. A libp2p stream is one kind of it, a lane the other. */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'

export interface Link {
  readonly peer: string
  /** Queues bytes, which must not change before `drained`. False when the caller should await that before it sends more. */
  send(...parts: Uint8Array[]): boolean
  /** Resolves when what was sent is out of the caller's memory and there is room again, or the link has ended. */
  drained(): Promise<void>
  /** At most one handler; what came before it was set is kept for it. The bytes are valid during the call only. */
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
      // It may be closing before it says so, and then would throw.
      if (ended.signal.aborted || stream.writeStatus === 'closing' || stream.writeStatus === 'closed') return true
      // A stream does not tell when it has let go of what it was given.
      return stream.send(new Uint8ArrayList(...parts.map((part) => part.slice())))
    },
    async drained() {
      // The stream's own onDrain() resolves at once from the second time on.
      while (stream.writeBufferLength > 0 && !ended.signal.aborted) await drainEvent(stream, ended.signal)
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

function drainEvent(stream: Stream, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.removeEventListener('drain', done)
      ended.removeEventListener('abort', done)
      resolve()
    }
    stream.addEventListener('drain', done)
    ended.addEventListener('abort', done)
  })
}
