import type { TLSSocket } from 'node:tls'
import { once } from 'node:events'
import type { AbortOptions, MessageStream } from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What is decrypted of a connection, and what is to be encrypted for it. They end together. */
export function streamOverTls(connection: MessageStream, socket: TLSSocket): MessageStream {
  return new TlsStream(connection, socket)
}

class TlsStream extends AbstractMessageStream {
  readonly #connection: MessageStream
  readonly #socket: TLSSocket
  #isCollecting = false

  constructor(connection: MessageStream, socket: TLSSocket) {
    const { log, inactivityTimeout, maxReadBufferLength, direction } = connection
    super({ log, inactivityTimeout, maxReadBufferLength, direction })
    this.#connection = connection
    this.#socket = socket
    socket.on('data', (bytes: Uint8Array) => this.onData(bytes))
    socket.on('drain', () => this.safeDispatchEvent('drain'))
    connection.addEventListener('close', ({ error, local }) => {
      if (error === undefined) this.onTransportClosed()
      else if (local === true) this.abort(error)
      else this.onRemoteReset()
    })
  }

  /** What is sent in one turn of the event loop becomes one record: a muxer sends header, content and window apart. */
  sendData(data: Uint8ArrayList): SendResult {
    this.#collect()
    let canSendMore = true
    for (const piece of data) canSendMore = this.#socket.write(piece)
    return { sentBytes: data.byteLength, canSendMore }
  }

  #collect(): void {
    if (this.#isCollecting) return
    this.#isCollecting = true
    this.#socket.cork()
    // Behind all that is done at once, promises included.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.#isCollecting = false
        this.#socket.uncork()
      }),
    )
  }

  async close(options?: AbortOptions): Promise<void> {
    if (this.#socket.closed) return
    this.#socket.destroySoon()
    await once(this.#socket, 'close', options)
  }

  sendPause(): void {
    this.#socket.pause()
  }

  sendResume(): void {
    this.#socket.resume()
  }

  sendReset(error: Error): void {
    this.#connection.abort(error)
  }
}
