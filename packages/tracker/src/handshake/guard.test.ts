import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { ConnectionEncrypter, Libp2p, Stream } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { createLibp2p } from 'libp2p'
import { describe, expect, it } from 'vitest'
import { nativeTls } from '../node/native-tls.ts'
import { stopNode } from '../node/stop.ts'
import { guarded, type Handshake } from './guard.ts'

const ECHO = '/test/echo/1'

interface Components {
  [name: string]: unknown
}

async function start(stack: AsyncDisposableStack, encrypter: unknown, handshake: Handshake): Promise<Libp2p> {
  const make = encrypter as (components: Components) => ConnectionEncrypter
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [guarded(make, handshake) as never],
    streamMuxers: [yamux()],
  })
  return stack.adopt(node, stopNode)
}

/** Both say the same so many bytes. */
function exchanging(bytes: number): Handshake {
  const greet: Handshake['dialled'] = async (channel) => {
    await channel.write(new Uint8Array(bytes).fill(7))
    expect((await channel.read(bytes)).every((byte) => byte === 7)).toBe(true)
  }
  return { dialled: greet, accepted: greet }
}

function firstMessage(stream: Stream): Promise<string> {
  return new Promise((resolve) => {
    stream.addEventListener('message', ({ data }) => resolve(Buffer.from(data.subarray()).toString()), { once: true })
  })
}

describe.each([
  ['TLS', tls()],
  ['TLS on the socket', nativeTls()],
  ['Noise', noise()],
])('a handshake within %s', (_name, encrypter) => {
  it('leaves to the muxer what comes behind it, in both directions', async () => {
    await using stack = new AsyncDisposableStack()
    const dialler = await start(stack, encrypter, exchanging(1_000))
    const listener = await start(stack, encrypter, exchanging(1_000))
    const opened = new Promise<string>((resolve) => {
      void dialler.handle(ECHO, (stream) => void firstMessage(stream).then(resolve))
    })
    // The listener speaks first above the muxer, as soon as it has one: right behind its frame.
    listener.addEventListener('connection:open', ({ detail }) => {
      void detail.newStream(ECHO).then((stream) => stream.send(Buffer.from('first')))
    })
    await listener.handle(ECHO, (stream) => void stream.send(Buffer.from('second')))
    const connection = await dialler.dial(listener.getMultiaddrs())
    expect(await opened).toBe('first')
    expect(await firstMessage(await connection.newStream(ECHO))).toBe('second')
  })

  it('that one side fails ends the connection on both', async () => {
    await using stack = new AsyncDisposableStack()
    const refusing: Handshake = { ...exchanging(10), accepted: () => Promise.reject(new Error('no')) }
    const dialler = await start(stack, encrypter, exchanging(10))
    const listener = await start(stack, encrypter, refusing)
    await expect(dialler.dial(listener.getMultiaddrs())).rejects.toThrow()
    expect([...dialler.getConnections(), ...listener.getConnections()]).toEqual([])
  })
})
