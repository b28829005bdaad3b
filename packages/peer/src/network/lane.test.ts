import { once } from 'node:events'
import { connect as connectPlain, createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, createServer as createTlsServer, type ConnectionOptions } from 'node:tls'
import { generateCertificate } from '@libp2p/tls/utils'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import type { Link } from '../links/index.ts'
import { newIdentity } from './identity.ts'
import { dialLane } from './lane-dial.ts'
import { laneHost } from './lane-host.ts'
import { listenForLanes, type LaneListenerConfig } from './lane-listener.ts'
import { createLaneIdentity, type LaneIdentity } from './lane-tls.ts'

const HOST = '127.0.0.1'
const never = new AbortController().signal

async function someone(): Promise<{ peer: PeerId; identity: LaneIdentity }> {
  const privateKey = await newIdentity()
  return { peer: peerIdFromPrivateKey(privateKey), identity: await createLaneIdentity(privateKey) }
}

async function listening(stack: AsyncDisposableStack, more: Partial<LaneListenerConfig> = {}) {
  const { peer, identity } = await someone()
  const taken: { peer: PeerId; link: Link }[] = []
  const { promise: first, resolve } = Promise.withResolvers<{ peer: PeerId; link: Link }>()
  const listener = stack.use(
    await listenForLanes({
      identity,
      hosts: [HOST],
      port: 0,
      admitsHost: () => true,
      onLane(from, link) {
        taken.push({ peer: from, link })
        stack.defer(() => link.close())
        resolve({ peer: from, link })
      },
      ...more,
    }),
  )
  return { peer, taken, first, address: { host: HOST, port: listener.port } }
}

/** What somebody gets who speaks TLS to a listener in a way of their own. */
async function bytesFor(port: number, options: ConnectionOptions): Promise<number> {
  const socket = connect({ host: HOST, port, rejectUnauthorized: false, ...options })
  let count = 0
  socket.on('data', (bytes: Buffer) => (count += bytes.length))
  socket.on('error', () => undefined)
  socket.write('hello?')
  await new Promise((resolve) => socket.once('close', resolve))
  return count
}

describe('a lane', () => {
  it('tells each side whom it has to do with, and carries bytes both ways', async () => {
    await using stack = new AsyncDisposableStack()
    const { peer, first, address } = await listening(stack)
    const asker = await someone()
    const lane = await dialLane(asker.identity, address, peer, never)
    stack.defer(() => lane.close())
    const { peer: from, link } = await first
    expect(lane.peer).toBe(peer.toString())
    expect(from.equals(asker.peer)).toBe(true)
    const echoed = new Promise((resolve) => lane.onData((bytes) => resolve(Buffer.from(bytes).toString())))
    link.onData((bytes) => void link.send(bytes.slice()))
    lane.send(Buffer.from('over '), Buffer.from('here'))
    await lane.drained()
    expect(await echoed).toMatch(/^over/)
  })

  it('takes what it sends from a buffer that may be used again once it is drained', async () => {
    await using stack = new AsyncDisposableStack()
    const { peer, first, address } = await listening(stack)
    const lane = await dialLane((await someone()).identity, address, peer, never)
    const { link } = await first
    const received = new Promise<Buffer>((resolve) => {
      const parts: Buffer[] = []
      lane.onData((bytes) => {
        parts.push(Buffer.from(bytes))
        if (parts.reduce((sum, part) => sum + part.length, 0) === 8 << 20) resolve(Buffer.concat(parts))
      })
    })
    const buffer = new Uint8Array(1 << 20)
    for (let value = 1; value <= 8; value++) {
      link.send(buffer.fill(value))
      await link.drained()
    }
    const bytes = await received
    for (let value = 1; value <= 8; value++) {
      const part = bytes.subarray((value - 1) << 20, value << 20)
      expect(part.every((byte) => byte === value)).toBe(true)
    }
  })

  it.each(['asker', 'answerer'])('ends for both when the %s closes it', async (who) => {
    await using stack = new AsyncDisposableStack()
    const { peer, first, address } = await listening(stack)
    const lane = await dialLane((await someone()).identity, address, peer, never)
    const { link } = await first
    const [closing, other] = who === 'asker' ? [lane, link] : [link, lane]
    other.onData(() => undefined)
    const ended = new Promise((resolve) => other.ended.addEventListener('abort', resolve))
    closing.close()
    await ended
    await other.drained()
    expect(closing.ended.aborted).toBe(true)
  })

  it('to another peer than the one that is there is not opened, and the one there hears nothing', async () => {
    await using stack = new AsyncDisposableStack()
    const certificate = await generateCertificate(await newIdentity())
    const { promise: heard, resolve } = Promise.withResolvers<number>()
    const options = { ...certificate, ALPNProtocols: ['shoal-lane/1'], requestCert: true, rejectUnauthorized: false }
    let count = 0
    const server = createTlsServer(options, (socket) => {
      socket.on('data', (bytes: Buffer) => (count += bytes.length))
      socket.on('error', () => undefined)
    }).listen(0, HOST)
    server.on('tlsClientError', () => undefined)
    server.on('connection', (raw: Socket) => void raw.on('close', () => resolve(count)))
    stack.defer(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const asker = await someone()
    const dialled = dialLane(asker.identity, { host: HOST, port }, (await someone()).peer, never)
    await expect(dialled).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
    expect(await heard).toBe(0)
  })

  it('to somebody without a certificate of a peer is not opened', async () => {
    await using stack = new AsyncDisposableStack()
    const foreign = await generateCertificate(await newIdentity())
    const server = createTlsServer({ ...foreign, ALPNProtocols: ['h2'] }).listen(0, HOST)
    server.on('tlsClientError', () => undefined)
    stack.defer(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const asker = await someone()
    await expect(dialLane(asker.identity, { host: HOST, port }, asker.peer, never)).rejects.toThrow()
  })

  it('to a port where nobody listens fails at once', async () => {
    const server = createServer().listen(0, HOST)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    const asker = await someone()
    const dialled = dialLane(asker.identity, { host: HOST, port }, asker.peer, never)
    await expect(dialled).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('to somebody who says nothing is given up when its dialler stops', async () => {
    await using stack = new AsyncDisposableStack()
    const server = createServer((socket) => stack.defer(() => void socket.destroy())).listen(0, HOST)
    stack.defer(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const asker = await someone()
    const stop = new AbortController()
    const dialled = dialLane(asker.identity, { host: HOST, port }, asker.peer, stop.signal)
    await once(server, 'connection')
    stop.abort(new Error('stopping'))
    await expect(dialled).rejects.toThrow()
  })
})

describe('a listener for lanes', () => {
  it('says nothing to somebody with no certificate, another protocol, or an older TLS', async () => {
    await using stack = new AsyncDisposableStack()
    const { taken, address } = await listening(stack)
    const alpn = { ALPNProtocols: ['shoal-lane/1'] }
    const foreign = await generateCertificate(await newIdentity())
    expect(await bytesFor(address.port, alpn)).toBe(0)
    expect(await bytesFor(address.port, { ...foreign, ALPNProtocols: ['h2'] })).toBe(0)
    expect(await bytesFor(address.port, foreign)).toBe(0)
    expect(await bytesFor(address.port, { ...foreign, ...alpn, maxVersion: 'TLSv1.2' })).toBe(0)
    expect(taken).toEqual([])
  })

  it('closes at once, before any encryption, what comes from a host where no connected peer is', async () => {
    await using stack = new AsyncDisposableStack()
    const asked: string[] = []
    const admitsHost = (host: string): boolean => {
      asked.push(host)
      return false
    }
    const { taken, address } = await listening(stack, { admitsHost })
    const socket = connectPlain(address)
    let count = 0
    socket.on('data', (bytes) => (count += bytes.length))
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('close', resolve))
    expect([count, taken, asked]).toEqual([0, [], [HOST]])
  })

  it('has only so many that have proven nothing, and room again when they are gone', async () => {
    await using stack = new AsyncDisposableStack()
    const { peer, address } = await listening(stack)
    const silent = Array.from({ length: LIMITS.lane.pendingMax }, () => connectPlain(address))
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    const asker = await someone()
    await expect(dialLane(asker.identity, address, peer, never)).rejects.toThrow()
    const closed = silent.map((socket) => once(socket, 'close'))
    for (const socket of silent) socket.destroy()
    await Promise.all(closed)
    const lane = await untilOpened(() => dialLane(asker.identity, address, peer, never))
    lane.close()
  })

  it('begins to encrypt only so often for those who prove nothing', async () => {
    await using stack = new AsyncDisposableStack()
    let now = 0
    const { peer, address } = await listening(stack, { nowMs: () => now })
    const asker = await someone()
    const open = async (): Promise<void> => (await dialLane(asker.identity, address, peer, never)).close()
    for (let times = 0; times < LIMITS.lane.unprovenBurst; times++) await bytesFor(address.port, {})
    await expect(open()).rejects.toThrow()
    now += LIMITS.lane.unprovenRefillMs
    await open()
  })

  it('says what to do when its port is in use', async () => {
    const taken = createServer().listen(0, HOST)
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    await using stack = new AsyncDisposableStack()
    stack.defer(() => void taken.close())
    await expect(listening(stack, { port })).rejects.toMatchObject({ code: 'LISTEN_FAILED', fix: /lanePort/ })
  })
})

/** The other side notices in its own time that others have gone. */
async function untilOpened(dial: () => Promise<Link>): Promise<Link> {
  for (;;) {
    try {
      return await dial()
    } catch {
      // Still full.
    }
  }
}

describe('the host of a lane', () => {
  const at = multiaddr('/ip4/192.0.2.7/tcp/7070')

  it('is where a peer was dialled', () => {
    expect(laneHost({ direction: 'outbound', remoteAddr: at }, [])).toBe('192.0.2.7')
  })

  it('is where a peer that has dialled is seen, if it has told of an address there', () => {
    const seen = { direction: 'inbound', remoteAddr: multiaddr('/ip4/192.0.2.7/tcp/50123') } as const
    expect(laneHost(seen, [multiaddr('/ip4/10.0.0.1/tcp/7070')])).toBeUndefined()
    expect(laneHost(seen, [multiaddr('/ip4/10.0.0.1/tcp/7070'), at])).toBe('192.0.2.7')
  })

  it('is none where another peer is between', () => {
    const relayed = multiaddr(
      '/ip4/192.0.2.7/tcp/1/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo/p2p-circuit',
    )
    expect(laneHost({ direction: 'outbound', remoteAddr: relayed }, [])).toBeUndefined()
  })
})
