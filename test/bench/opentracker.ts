/** opentracker by BEP 15: announces over UDP, unsigned and in memory; the fastest tracker that Debian has. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

const PROTOCOL = 0x41727101980n
const IN_FLIGHT = 64
const START_TRIES = 50
const ANSWER_MS = 2_000

/** How long each answer took, in ms. */
export async function announceToOpentracker(seconds: number): Promise<number[]> {
  await using stack = new AsyncDisposableStack()
  const socket = createSocket('udp4')
  stack.defer(() => void socket.close())
  const port = await freePort()
  const server = spawn('opentracker', ['-i', '127.0.0.1', '-p', String(port), '-P', String(port)], { stdio: 'ignore' })
  stack.defer(async () => {
    const exited = once(server, 'exit')
    server.kill()
    await exited
  })
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  // Before it listens, what is sent comes back as an error.
  socket.on('error', () => undefined)
  const answers = new Map<number, (answer: Buffer) => void>()
  socket.on('message', (message) => answers.get(message.readUInt32BE(4))?.(message))
  const ask = asker(socket, answers)

  const connection = await firstAnswer(() => ask(connectRequest))
  const tookMs: number[] = []
  const endsMs = performance.now() + seconds * 1_000
  const infoHash = randomBytes(20)
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      const request = announceRequest(connection.subarray(8, 16), infoHash, randomBytes(20))
      while (performance.now() < endsMs) {
        const startedMs = performance.now()
        if ((await ask(request)) !== undefined) tookMs.push(performance.now() - startedMs)
      }
    }),
  )
  return tookMs
}

type Ask = (encode: (transaction: number) => Buffer) => Promise<Buffer | undefined>

function asker(socket: Socket, answers: Map<number, (answer: Buffer) => void>): Ask {
  let transaction = 0
  return async (encode) => {
    const id = (transaction = (transaction + 1) >>> 0)
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
    const timer = setTimeout(() => resolve(undefined), ANSWER_MS)
    answers.set(id, resolve)
    socket.send(encode(id), () => undefined)
    const answer = await promise
    clearTimeout(timer)
    answers.delete(id)
    return answer
  }
}

async function firstAnswer(ask: () => Promise<Buffer | undefined>): Promise<Buffer> {
  for (let tried = 0; tried < START_TRIES; tried += 1) {
    const answer = await Promise.race([ask(), pause(200, undefined)])
    if (answer !== undefined) return answer
  }
  throw new Error('opentracker does not answer')
}

function connectRequest(transaction: number): Buffer {
  const request = Buffer.alloc(16)
  request.writeBigUInt64BE(PROTOCOL)
  request.writeUInt32BE(transaction, 12)
  return request
}

function announceRequest(connection: Buffer, infoHash: Buffer, peer: Buffer): (transaction: number) => Buffer {
  return (transaction) => {
    const request = Buffer.alloc(98)
    connection.copy(request)
    request.writeUInt32BE(1, 8)
    request.writeUInt32BE(transaction, 12)
    infoHash.copy(request, 16)
    peer.copy(request, 36)
    request.writeBigUInt64BE(1n, 64)
    request.writeInt32BE(10, 92)
    request.writeUInt16BE(7_070, 96)
    return request
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
