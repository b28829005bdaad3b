import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2p, Stream } from '@libp2p/interface'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newIdentity } from '../node/identity.ts'
import { stopNode } from '../node/stop.ts'
import { startNode } from '../node/wiring.ts'
import { answerQuestions, ask, remoteFaultOf } from './exchange.ts'
import { encodeFrame } from './frame.ts'

const PROTOCOL = '/shoal/test/echo/1'
const LIMITS = {
  questionBytesMax: 1_000,
  answerBytesMax: 2_000,
  timeoutMs: 500,
  streamsPerConnectionMax: 8,
  streamsMax: 3,
}
const signal = new AbortController().signal

async function startLoopbackNode(): Promise<Libp2p> {
  const listen = [multiaddr('/ip4/127.0.0.1/tcp/0')]
  return startNode({ fleet: 'f'.repeat(32), privateKey: await newIdentity(), listen, dht: 'off' })
}

let server: Libp2p
let client: Libp2p
let failures: unknown[]
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  server = stack.adopt(await startLoopbackNode(), stopNode)
  client = stack.adopt(await startLoopbackNode(), stopNode)
  failures = []
  const answer = (question: unknown): unknown => (question === undefined ? undefined : { you: question })
  stack.use(await answerQuestions(server, PROTOCOL, LIMITS, answer, (error) => failures.push(error)))
  await client.dial(server.getMultiaddrs())
})
afterAll(() => stack.disposeAsync())

async function open(protocol = PROTOCOL): Promise<Stream> {
  const [connection] = client.getConnections(server.peerId)
  if (connection === undefined) throw new Error('not connected')
  return connection.newStream(protocol)
}

/** What the other side did to a stream that it should have reset. */
async function fate(stream: Stream): Promise<string> {
  if (stream.status === 'open') await once(stream, 'close')
  return stream.status
}

describe('an exchange', () => {
  it('brings the answer to a question', async () => {
    await expect(ask(client, server.peerId, PROTOCOL, { a: 1 }, LIMITS, { signal })).resolves.toEqual({ you: { a: 1 } })
  })

  it('fails as UNREACHABLE where nobody answers the protocol', async () => {
    const asked = ask(client, server.peerId, '/shoal/test/nothing/1', {}, LIMITS, { signal })
    await expect(asked).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it('is reset when the question does not come, or stops halfway, in time', async () => {
    failures = []
    const silent = await open()
    const halting = await open()
    halting.send(Uint8Array.of(0, 0))
    const startedMs = performance.now()
    expect(await Promise.all([fate(silent), fate(halting)])).toEqual(['reset', 'reset'])
    expect(performance.now() - startedMs).toBeLessThan(LIMITS.timeoutMs + 2_000)
    expect(failures).toMatchObject([{ code: 'TIMEOUT' }, { code: 'TIMEOUT' }])
  })

  it('is reset at once above the number of streams that are answered together', async () => {
    const held = await Promise.all(Array.from({ length: LIMITS.streamsMax }, () => open()))
    failures = []
    expect(await fate(await open())).toBe('reset')
    expect(failures).toMatchObject([{ code: 'REFUSED' }])
    for (const stream of held) stream.abort(new Error('done'))
  })

  it('is over one stream, again and again, for as long as nothing goes wrong', async () => {
    const streams = (): Stream[] =>
      client
        .getConnections(server.peerId)
        .flatMap((each) => each.streams.filter(({ protocol }) => protocol === PROTOCOL))
    for (let at = 0; at < 20; at += 1) {
      await expect(ask(client, server.peerId, PROTOCOL, at, LIMITS, { signal })).resolves.toEqual({ you: at })
    }
    expect(streams()).toHaveLength(1)
    const both = [1, 2].map((each) => ask(client, server.peerId, PROTOCOL, each, LIMITS, { signal }))
    await expect(Promise.all(both)).resolves.toEqual([{ you: 1 }, { you: 2 }])
    for (const stream of streams()) stream.abort(new Error('lost'))
    await expect(ask(client, server.peerId, PROTOCOL, 'again', LIMITS, { signal })).resolves.toEqual({ you: 'again' })
  })

  it.each([
    ['garbage', encodeFrame(Uint8Array.of(0xff, 0xff, 0xff)), 'FRAME_INVALID'],
    ['arrays in arrays, a thousand deep', encodeFrame(new Uint8Array(1_000).fill(0x81)), 'FRAME_INVALID'],
    ['a length beyond the limit', Uint8Array.of(0xff, 0xff, 0xff, 0xff), 'FRAME_INVALID'],
    ['bytes after the question', Buffer.concat([encodeFrame(Uint8Array.of(0xa0)), Buffer.from('x')]), 'FRAME_INVALID'],
  ])('is reset, without a word, after %s', async (_name, bytes, code) => {
    failures = []
    const stream = await open()
    const received: unknown[] = []
    stream.addEventListener('message', ({ data }) => received.push(data))
    stream.send(bytes)
    expect(await fate(stream)).toBe('reset')
    expect(received).toEqual([])
    expect(failures).toMatchObject([{ code }])
  })

  it('is no fault of this side where who asked gives up in the middle of the answer', async () => {
    const large = '/shoal/test/large/1'
    const asked = Promise.withResolvers<undefined>()
    const failed = Promise.withResolvers<unknown>()
    const answer = (): Uint8Array => {
      asked.resolve(undefined)
      return new Uint8Array(8 << 20)
    }
    stack.use(await answerQuestions(server, large, LIMITS, answer, failed.resolve))
    const stream = await open(large)
    stream.pause()
    stream.send(encodeFrame(Uint8Array.of(0xa0)))
    await asked.promise
    stream.abort(new Error('enough'))
    expect(remoteFaultOf(await failed.promise)).toBe('UNREACHABLE')
  })

  it('begins anew where the other side has closed the stream meanwhile', async () => {
    await ask(client, server.peerId, PROTOCOL, 1, LIMITS, { signal })
    const [connection] = server.getConnections(client.peerId)
    for (const stream of connection?.streams ?? []) if (stream.protocol === PROTOCOL) await stream.close()
    await expect(ask(client, server.peerId, PROTOCOL, 2, LIMITS, { signal })).resolves.toEqual({ you: 2 })
  })

  it('stops at once when told to', async () => {
    const stop = new AbortController()
    const asked = ask(client, server.peerId, PROTOCOL, {}, LIMITS, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(asked).rejects.toThrow()
  })

  it('still works after all that', async () => {
    await expect.poll(() => ask(client, server.peerId, PROTOCOL, 'x', LIMITS, { signal })).toEqual({ you: 'x' })
  })
})
