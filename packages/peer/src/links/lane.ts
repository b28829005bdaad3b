/** The other kind of link: a TLS socket of its own, which takes bytes from buffers that are used again. */
import type { TLSSocket } from 'node:tls'
import type { Link } from './link.ts'

/** Where a socket puts what it receives, when it is not to make a new buffer for every piece. */
export interface LaneReader {
  readonly buffer: Uint8Array
  /** For the socket: so many bytes of `buffer` are new. */
  readonly callback: (count: number, buffer: Uint8Array) => boolean
  onData(handler: (bytes: Uint8Array) => void): void
}

/** No record of TLS is larger. */
const READ_BYTES = 16 << 10

/** The asking side is sent nothing before it has asked, so nothing comes before the handler; if it does, it is lost. */
export function createLaneReader(): LaneReader {
  let handler: ((bytes: Uint8Array) => void) | undefined
  return {
    buffer: new Uint8Array(READ_BYTES),
    callback: (count, buffer) => {
      handler?.(buffer.subarray(0, count))
      return true
    },
    onData: (given) => (handler = given),
  }
}

/** @param socket both sides of which have proven who they are. @param reader the one that it was made with, if it was */
export function linkOverLane(peer: string, socket: TLSSocket, reader?: LaneReader): Link {
  const ended = new AbortController()
  let waiting = 0
  let drains: (() => void)[] = []

  function wake(): void {
    const woken = drains
    drains = []
    for (const each of woken) each()
  }
  function end(): void {
    ended.abort()
    wake()
  }
  function taken(): void {
    waiting--
    if (waiting === 0) wake()
  }

  socket.on('error', end)
  socket.once('end', end)
  socket.once('close', end)
  if (socket.destroyed) end()
  return {
    peer,
    ended: ended.signal,
    send(...parts) {
      if (ended.signal.aborted) return true
      let writable = true
      for (const part of parts) {
        waiting++
        writable = socket.write(part, taken)
      }
      return writable
    },
    async drained() {
      if (waiting > 0 && !ended.signal.aborted) await new Promise<void>((resolve) => drains.push(resolve))
    },
    onData(handler) {
      if (reader === undefined) socket.on('data', handler)
      else reader.onData(handler)
    },
    close() {
      end()
      socket.destroy()
    },
  }
}
