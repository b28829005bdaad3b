/**
 * libp2p's TLS, byte for byte, on the socket itself. Its own implementation has Node encrypt into a stream of JavaScript, which is then copied to the
 * socket: for small messages that costs more than all else that is done with them.
 *
 * TLS and the socket below it must end together, by TLS: so libp2p's connection is given the encrypted one in the place of its own.
 */
import { once } from 'node:events'
import { Socket } from 'node:net'
import { connect, createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import {
  InvalidCryptoExchangeError,
  TimeoutError,
  type ConnectionEncrypter,
  type MessageStream,
  type SecureConnectionOptions,
  type SecuredConnection,
  type StreamMessageEvent,
  type StreamMuxerFactory,
} from '@libp2p/interface'
import { tls } from '@libp2p/tls'
import { generateCertificate, verifyPeerCertificate } from '@libp2p/tls/utils'
import { streamOverTls } from './tls-stream.ts'

type Components = Parameters<ReturnType<typeof tls>>[0]
type Side = 'dialler' | 'listener'

const VERSION = 'TLSv1.3'
/** What a side offers beside its muxers, and takes where none of them is known. */
const NO_MUXER = 'libp2p'
const NO_MUXERS = new Map<string, StreamMuxerFactory>()

/** In the place of `tls()`, which does what is not a TCP connection. */
export function nativeTls(): (components: Components) => ConnectionEncrypter {
  return (components) => {
    const inner = tls()(components)
    let context: Promise<SecureContext> | undefined
    async function secure(
      side: Side,
      connection: MessageStream,
      options: SecureConnectionOptions = {},
    ): Promise<SecuredConnection> {
      const raw = socketOf(connection)
      if (raw === undefined)
        return side === 'dialler' ? inner.secureOutbound(connection, options) : inner.secureInbound(connection, options)
      const muxers = options.skipStreamMuxerNegotiation === true ? NO_MUXERS : components.upgrader.getStreamMuxers()
      const secureContext = await (context ??= createContext(components))
      const socket = await encrypt(side, connection, raw, {
        secureContext,
        ALPNProtocols: [...muxers.keys(), NO_MUXER],
        rejectUnauthorized: false,
      })
      try {
        const remotePeer = await provenPeer(socket, options)
        const streamMuxer = muxers.get(socket.alpnProtocol || NO_MUXER)
        return { remotePeer, connection: streamOverTls(connection, socket), ...(streamMuxer && { streamMuxer }) }
      } catch (error) {
        connection.abort(error as Error)
        throw error
      }
    }
    return {
      protocol: inner.protocol,
      secureOutbound: (connection, options) => secure('dialler', connection, options),
      secureInbound: (connection, options) => secure('listener', connection, options),
    }
  }
}

/** One for all connections of a node. */
async function createContext({ privateKey }: Components): Promise<SecureContext> {
  return createSecureContext({ ...(await generateCertificate(privateKey)), minVersion: VERSION, maxVersion: VERSION })
}

/** Of a connection that libp2p made of a TCP socket. */
function socketOf(connection: MessageStream): Socket | undefined {
  const { socket } = connection as { socket?: unknown }
  return socket instanceof Socket && !socket.destroyed ? socket : undefined
}

/** From here on the socket is the encryption's, and what had come for it already. */
async function encrypt(
  side: Side,
  connection: MessageStream,
  raw: Socket,
  options: { secureContext: SecureContext; ALPNProtocols: string[]; rejectUnauthorized: false },
): Promise<TLSSocket> {
  raw.pause()
  raw.removeAllListeners('data')
  const unread = await takeUnread(connection)
  if (raw.destroyed) throw new InvalidCryptoExchangeError('the other side has gone')
  for (const piece of unread.reverse()) raw.unshift(piece)
  const socket =
    side === 'dialler'
      ? connect({ ...options, socket: raw })
      : new TLSSocket(raw, { ...options, isServer: true, requestCert: true })
  socket.on('error', (error: Error) => connection.abort(error))
  // A socket that is reset below its encryption crashes Node.
  Object.assign(connection, { socket })
  connection.addEventListener('close', () => void socket.destroy())
  // The socket below no longer notices what comes and goes.
  socket.setTimeout(raw.timeout ?? 0, () => connection.abort(new TimeoutError()))
  raw.setTimeout(0)
  return socket
}

/** What the negotiation of the encryption has read beyond its end. */
async function takeUnread(connection: MessageStream): Promise<Uint8Array[]> {
  const unread: Uint8Array[] = []
  const take = ({ data }: StreamMessageEvent): void => void unread.push(data.subarray())
  connection.addEventListener('message', take)
  // It is delivered in a microtask.
  await Promise.resolve()
  connection.removeEventListener('message', take)
  return unread
}

async function provenPeer(
  socket: TLSSocket,
  { signal, remotePeer }: SecureConnectionOptions,
): Promise<SecuredConnection['remotePeer']> {
  const gone = new AbortController()
  socket.once('close', () => gone.abort(new InvalidCryptoExchangeError('the other side has gone')))
  await once(socket, 'secure', { signal: AbortSignal.any([gone.signal, ...(signal === undefined ? [] : [signal])]) })
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) throw new InvalidCryptoExchangeError('the other side has no certificate')
  return await verifyPeerCertificate(certificate.raw, remotePeer)
}
