import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request as requestOverTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Registry } from 'prom-client'
import { afterEach, expect, it } from 'vitest'
import { LIMITS } from '../limits.ts'
import { createHttp, startHttp, type HttpConfig } from './server.ts'
import { readTls } from './tls.ts'

const DEPS = { isReady: () => true, metrics: new Registry() }
const stack: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stack.splice(0).reverse()) await stop()
})

async function start(config: Partial<HttpConfig> = {}, mount?: Parameters<typeof startHttp>[1]['mount']): Promise<URL> {
  const server = await startHttp({ host: '127.0.0.1', port: 0, ...config }, { ...DEPS, ...(mount && { mount }) })
  stack.push(() => server[Symbol.asyncDispose]())
  return new URL(server.url)
}

async function openSocket({ port }: URL): Promise<Socket> {
  const socket = connect(Number(port), '127.0.0.1')
  stack.push(() => socket.destroy())
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** However it comes to that. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.once('drain', resolve))
}

it.each(['0.0.0.0', '::', '192.0.2.1', 'tracker.example'])('does not listen on %s in the clear', async (host) => {
  await expect(startHttp({ host, port: 0 }, DEPS)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    fix: expect.stringContaining('--http-cert'),
  })
})

it('listens anywhere behind a proxy, and believes it and nobody else about who asks', async () => {
  const url = await start({ host: '0.0.0.0', behindProxy: true }, (server) => {
    server.get('/who', async ({ ip, protocol }) => ({ ip, protocol }))
  })
  const headers = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7', 'x-forwarded-proto': 'https' }
  const answer = await fetch(`http://127.0.0.1:${url.port}/who`, { headers })
  expect(await answer.json()).toEqual({ ip: '198.51.100.7', protocol: 'https' })

  const open = await start({}, (server) => {
    server.get('/who', async ({ ip, protocol }) => ({ ip, protocol }))
  })
  expect(await (await fetch(new URL('/who', open), { headers })).json()).toEqual({ ip: '127.0.0.1', protocol: 'http' })
})

it('serves TLS, and says that it always will', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-tls-'))
  stack.push(() => rm(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' })
  const tls = await readTls(cert, key)
  if (tls === undefined) throw new Error('no certificate was read')
  const { port } = await start({ host: '0.0.0.0', tls })
  const asked = requestOverTls({
    host: '127.0.0.1',
    port,
    path: '/livez',
    ca: Buffer.from(tls.cert),
    servername: 'localhost',
  })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  expect([answer.statusCode, await text(answer)]).toEqual([200, '{"status":"ok"}'])
  expect(answer.headers['strict-transport-security']).toContain('max-age')

  await expect(readTls(cert, undefined)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  await expect(readTls(key, cert)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

it('lets no page do more than ask this tracker', async () => {
  const answer = await createHttp({}, DEPS).inject('/livez')
  expect(answer.headers['content-security-policy']).toMatch(/^default-src 'self'; .*frame-ancestors 'none'/)
  expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
})

it('answers at once beside a thousand connections that send a byte now and then', async () => {
  const url = await start()
  const sockets: Socket[] = []
  for (let count = 0; count < 1_000; count++) sockets.push(await openSocket(url))
  for (const socket of sockets) socket.write('GET /livez HTTP/1.1\r\nX-Slow: ')
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write('x')
  }, 500)
  stack.push(() => clearInterval(drip))
  const beganMs = performance.now()
  for (let count = 0; count < 20; count++) expect((await fetch(new URL('/livez', url))).status).toBe(200)
  expect((performance.now() - beganMs) / 20).toBeLessThan(500)
  // They are let go, however often they send something.
  await Promise.all(sockets.map(closed))
  expect(performance.now() - beganMs).toBeLessThan(LIMITS.httpRequestTimeoutMs * 3)
})

it('takes in next to nothing of a body of 100 MB', async () => {
  const url = await start({}, (server) => {
    server.post('/take', async () => ({}))
  })
  for (const head of ['Content-Length: 104857600', 'Transfer-Encoding: chunked']) {
    const socket = await openSocket(url)
    socket.write(`POST /take HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${head}\r\n\r\n`)
    const part = Buffer.alloc(65_536, 0x20)
    const chunk = head.startsWith('T') ? Buffer.concat([Buffer.from('10000\r\n'), part, Buffer.from('\r\n')]) : part
    let answer = ''
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')))
    for (let sent = 0; sent < 1_600 && !answer.includes('413') && !socket.destroyed; sent++) {
      if (!socket.write(chunk)) await Promise.race([drained(socket), closed(socket)])
    }
    expect(answer).toContain('413')
    expect(socket.bytesWritten).toBeLessThan(20_000_000)
    socket.destroy()
  }
})
