import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { ConnectionEncrypter, Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { generateCertificate } from '@libp2p/tls/utils'
import { createLibp2p } from 'libp2p'
import { describe, expect, it } from 'vitest'
import { nativeTls } from './native-tls.ts'
import { stopNode } from './stop.ts'

const ECHO = '/test/echo/1'

async function start(stack: AsyncDisposableStack, encrypter: unknown): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [encrypter as (components: object) => ConnectionEncrypter],
    streamMuxers: [yamux()],
  })
  return stack.adopt(node, stopNode)
}

async function received(stream: Stream, bytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let count = 0
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  stream.addEventListener('message', ({ data }) => {
    pieces.push(data.subarray())
    count += data.byteLength
    if (count >= bytes) resolve(Buffer.concat(pieces))
  })
  return await promise
}

describe.each([
  ['itself', nativeTls(), nativeTls()],
  ["libp2p's own that listens", nativeTls(), tls()],
  ["libp2p's own that dials", tls(), nativeTls()],
])('TLS on the socket, with %s', (_name, dialling, listening) => {
  it('carries what is sent, both ways and whole, and knows the peer', async () => {
    await using stack = new AsyncDisposableStack()
    const dialler = await start(stack, dialling)
    const listener = await start(stack, listening)
    await listener.handle(ECHO, (stream) => {
      stream.addEventListener('message', ({ data }) => void stream.send(data))
    })
    const connection = await dialler.dial(listener.getMultiaddrs())
    expect(connection.encryption).toBe('/tls/1.0.0')
    expect(connection.multiplexer).toBe('/yamux/1.0.0')
    expect(connection.remotePeer.equals(listener.peerId)).toBe(true)
    const stream = await connection.newStream(ECHO)
    const sent = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => at % 251))
    const echo = received(stream, sent.length)
    stream.send(sent)
    expect((await echo).equals(sent)).toBe(true)
  })

  it.each(['closed', 'aborted'] as const)('ends on both sides when it is %s', async (how) => {
    await using stack = new AsyncDisposableStack()
    const dialler = await start(stack, dialling)
    const listener = await start(stack, listening)
    const gone = once(listener as unknown as EventTarget, 'connection:close')
    const opened = once(listener as unknown as EventTarget, 'connection:open')
    const connection = await dialler.dial(listener.getMultiaddrs())
    await opened
    if (how === 'closed') await connection.close()
    else connection.abort(new Error('enough'))
    await gone
    expect(listener.getConnections()).toEqual([])
    expect(dialler.getConnections()).toEqual([])
  })

  it('refuses somebody else than the one who was dialled', async () => {
    await using stack = new AsyncDisposableStack()
    const dialler = await start(stack, dialling)
    const listener = await start(stack, listening)
    const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    const [address] = listener.getMultiaddrs()
    const wrong = address?.decapsulate('/p2p').encapsulate(`/p2p/${other}`)
    await expect(dialler.dial(wrong ?? [])).rejects.toThrow()
    expect(dialler.getConnections()).toEqual([])
  })
})

describe('a listener', () => {
  it('takes a hello that comes together with the choice of the encryption', async () => {
    await using stack = new AsyncDisposableStack()
    const listener = await start(stack, nativeTls())
    const opened = once(listener as unknown as EventTarget, 'connection:open')
    const socket = await dialInHaste(stack, listener, await generateCertificate(await generateKeyPair('Ed25519')))
    await opened
    expect(socket.alpnProtocol).toBe('/yamux/1.0.0')
  })

  it('lets nobody in who has no certificate', async () => {
    await using stack = new AsyncDisposableStack()
    const listener = await start(stack, nativeTls())
    const socket = await dialInHaste(stack, listener, {})
    await once(socket, 'close')
    expect(listener.getConnections()).toEqual([])
  })
})

/** Sends the choice of the encryption and the first message of TLS in one piece, before there is an answer. */
async function dialInHaste(stack: AsyncDisposableStack, to: Libp2p, certificate: object): Promise<TLSSocket> {
  const choice = Buffer.from('\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n')
  const port = to
    .getMultiaddrs()[0]
    ?.getComponents()
    .find(({ name }) => name === 'tcp')?.value
  const raw = stack.adopt(connectTcp({ host: '127.0.0.1', port: Number(port) }), (each) => void each.destroy())
  await once(raw, 'connect')
  const wire = wireBehind(raw, choice)
  const socket = connectTls({
    ...{ socket: wire, ...certificate, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
    ALPNProtocols: ['/yamux/1.0.0', 'libp2p'],
  })
  socket.on('error', () => socket.destroy())
  socket.resume()
  await once(socket, 'secureConnect')
  return socket
}

/** What goes over the socket after the choice, which is sent with the first of it, and which the other side repeats. */
function wireBehind(raw: Socket, choice: Buffer): Duplex {
  let toSend: Buffer | undefined = choice
  let toSkip = choice.length
  const wire = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _encoding, done) {
      raw.write(toSend === undefined ? chunk : Buffer.concat([toSend, chunk]), done)
      toSend = undefined
    },
  })
  raw.on('data', (chunk) => {
    const rest = chunk.subarray(toSkip)
    toSkip -= chunk.length - rest.length
    if (rest.length > 0) wire.push(rest)
  })
  raw.on('close', () => wire.destroy())
  raw.on('error', () => wire.destroy())
  return wire
}
