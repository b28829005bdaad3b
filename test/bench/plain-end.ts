/**
 * One end of a transfer with nothing but a socket, the least that a Node program does for the same result:
 *   plain-end.ts send FILE      prints `listening` with the port, sends the file to whoever connects
 *   plain-end.ts receive FILE PORT   writes and hashes what comes, and prints `finished`
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'

const BUFFER_BYTES = 1 << 20

const [role, file = '', port] = process.argv.slice(2)
if (role === 'send') send()
else await receive(Number(port))

function send(): void {
  const server = createServer((socket) => createReadStream(file, { highWaterMark: BUFFER_BYTES }).pipe(socket))
  server.listen(0, '127.0.0.1', () => say('listening', { port: (server.address() as AddressInfo).port }))
}

async function receive(from: number): Promise<void> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await using out = await open(file, 'w')
  const hash = createHash('sha256')
  const batch = Buffer.allocUnsafe(BUFFER_BYTES)
  let filled = 0
  const flush = async (): Promise<void> => {
    hash.update(batch.subarray(0, filled))
    await out.write(batch, 0, filled)
    filled = 0
  }
  for await (const part of connect(from, '127.0.0.1') as AsyncIterable<Buffer>) {
    for (let at = 0; at < part.length;) {
      const count = part.copy(batch, filled, at)
      filled += count
      at += count
      if (filled === BUFFER_BYTES) await flush()
    }
  }
  await flush()
  const transferMs = performance.now() - startedAt
  await out.sync()
  const { user, system } = process.cpuUsage(before)
  say('finished', {
    transferMs,
    elapsedMs: performance.now() - startedAt,
    cpuSeconds: (user + system) / 1e6,
    sha256: hash.digest('hex'),
  })
}

function say(type: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ v: 1, type, ...fields })}\n`)
}
