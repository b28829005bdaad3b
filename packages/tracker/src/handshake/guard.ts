/**
 * Puts a handshake of our own between libp2p's encryption and the first muxer: a connection whose other side does not pass it
 * never gets as far as a protocol name. The names of the encryptions stay the plain ones, so from outside there is only a libp2p node.
 */
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { LIMITS } from '../limits.ts'

/** The encrypted connection before anything else has used it. */
export interface Channel {
  /** @throws when the other side ends, or takes longer than the handshake may */
  read(bytes: number): Promise<Uint8Array>
  write(bytes: Uint8Array): Promise<void>
  /** Waits until the other side has gone: to cut a connection at once would take back what was just written. */
  ended(): Promise<void>
}

/** Both throw for whoever may not connect; the connection is then cut without a word. `remote` has proven its peer id. */
export interface Handshake {
  dialled(channel: Channel, remote: string): Promise<void>
  accepted(channel: Channel, remote: string): Promise<void>
}

export function guarded<C>(
  encrypter: (components: C) => ConnectionEncrypter,
  handshake: Handshake,
): (components: C) => ConnectionEncrypter {
  return (components) => {
    const inner = encrypter(components)
    return {
      protocol: inner.protocol,
      secureOutbound: async (connection, options) =>
        guard(await inner.secureOutbound(connection, options), options, LIMITS.handshakeDialledBytesMax, (...args) =>
          handshake.dialled(...args),
        ),
      secureInbound: async (connection, options) =>
        guard(await inner.secureInbound(connection, options), options, LIMITS.handshakeAcceptedBytesMax, (...args) =>
          handshake.accepted(...args),
        ),
    }
  }
}

async function guard(
  secured: SecuredConnection,
  options: SecureConnectionOptions | undefined,
  bufferedBytesMax: number,
  shake: (channel: Channel, remote: string) => Promise<void>,
): Promise<SecuredConnection> {
  const late = AbortSignal.timeout(LIMITS.handshakeTimeoutMs)
  const signal = options?.signal === undefined ? late : AbortSignal.any([late, options.signal])
  const stream = byteStream<MessageStream>(secured.connection, { maxBufferSize: bufferedBytesMax })
  try {
    await shake(
      {
        read: async (bytes) => (await stream.read({ bytes, signal })).subarray(),
        write: (bytes) => stream.write(bytes, { signal }),
        ended: async () => {
          // However it ends, in time or not, it is over.
          await stream.read({ bytes: 1, signal }).catch(() => undefined)
        },
      },
      secured.remotePeer.toString(),
    )
    // What came after the frames is the muxer's.
    return { ...secured, connection: stream.unwrap() }
  } catch (error) {
    secured.connection.abort(error instanceof Error ? error : new Error('the handshake failed'))
    throw error
  }
}
