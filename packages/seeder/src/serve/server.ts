import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { realpath, stat } from 'node:fs/promises'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import send from 'send'
import { SeederError, systemCode } from '../error.ts'
import {
  SERVE_CLOSE_TIMEOUT_MS,
  SERVE_CONNECTIONS_MAX,
  SERVE_HEADER_BYTES_MAX,
  SERVE_HEADERS_TIMEOUT_MS,
  SERVE_IDLE_TIMEOUT_MS,
  SERVE_KEEP_ALIVE_MS,
  SERVE_READ_BYTES,
  SERVE_REQUEST_TIMEOUT_MS,
} from '../limits.ts'
import { cacheControl, entityTag } from './caching.ts'
import { parseRequestPath, resolveInside } from './file-path.ts'

export interface OriginServer extends AsyncDisposable {
  readonly url: string
  /** Requests answered or begun, and bytes sent, headers included. */
  readonly stats: { requests: number; bytes: number }
  /** Takes no more requests, and lets running responses finish within `SERVE_CLOSE_TIMEOUT_MS`. */
  close(): Promise<void>
}

/** Serves a folder over HTTP as an origin: whole files and ranges, GET and HEAD, nothing outside the folder. */
export async function startOriginServer(options: {
  dir: string
  host: string
  port: number
  /** Of an answer, through a fault of this machine. */
  onFailure?: (error: unknown) => void
}): Promise<OriginServer> {
  const { onFailure = () => undefined } = options
  const folder = await findFolder(options.dir)
  const stats = { requests: 0, bytes: 0 }
  const server = createServer({ maxHeaderSize: SERVE_HEADER_BYTES_MAX }, (request, response) => {
    stats.requests += 1
    countBytes(request, response, stats)
    // When the server stops, a connection has ended with its response.
    response.once('close', () => {
      if (!server.listening)
        setImmediate(() => {
          server.closeIdleConnections()
        })
    })
    answer(folder, request, response, onFailure).catch((error: unknown) => {
      onFailure(error)
      refuse(response, 500)
    })
  })
  server.maxConnections = SERVE_CONNECTIONS_MAX
  server.headersTimeout = SERVE_HEADERS_TIMEOUT_MS
  server.requestTimeout = SERVE_REQUEST_TIMEOUT_MS
  server.keepAliveTimeout = SERVE_KEEP_ALIVE_MS
  server.timeout = SERVE_IDLE_TIMEOUT_MS
  await listen(server, options.host, options.port)

  const close = (): Promise<void> => closeServer(server)
  return { url: urlOf(server), stats, close, [Symbol.asyncDispose]: close }
}

async function answer(
  folder: string,
  request: IncomingMessage,
  response: ServerResponse,
  onFailure: (error: unknown) => void,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    // What the client may still be sending is not worth reading.
    response.setHeader('Connection', 'close')
    refuse(response, 405)
    return
  }
  if (request.url === '/') {
    sendText(response, 200, 'shoal origin: see blocks/, packs/, releases/ and tuf/\n')
    return
  }
  const path = parseRequestPath(request.url ?? '')
  const inside = path === undefined ? undefined : await resolveInside(folder, path)
  if (path === undefined || inside === undefined) {
    refuse(response, 404)
    return
  }
  sendFile(folder, path, inside, request, response, onFailure)
}

function sendFile(
  folder: string,
  path: string,
  inside: string,
  request: IncomingMessage,
  response: ServerResponse,
  onFailure: (error: unknown) => void,
): void {
  const encoded = inside.split(/[\\/]/).map(encodeURIComponent).join('/')
  send(request, encoded, { root: folder, index: false, cacheControl: false, highWaterMark: SERVE_READ_BYTES })
    .on('file', (_file, found) => {
      response.setHeader('ETag', entityTag(path, found))
      response.setHeader('Cache-Control', cacheControl(path))
      response.setHeader('Content-Type', 'application/octet-stream')
      response.setHeader('X-Content-Type-Options', 'nosniff')
    })
    .on('directory', () => {
      refuse(response, 404)
    })
    .on('error', (error) => {
      const { status = 500 } = error
      if (status >= 500) onFailure(error)
      refuse(response, status)
    })
    .pipe(response)
}

/** Whoever asks learns the status, and no error text. */
function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of ['ETag', 'Last-Modified', 'Accept-Ranges']) response.removeHeader(name)
  response.setHeader('Cache-Control', 'no-store')
  sendText(response, status, `${STATUS_CODES[status] ?? 'Error'}\n`)
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

function countBytes(request: IncomingMessage, response: ServerResponse, stats: { bytes: number }): void {
  const { socket } = request
  const before = socket.bytesWritten
  response.once('close', () => {
    stats.bytes += socket.bytesWritten - before
  })
}

async function findFolder(dir: string): Promise<string> {
  try {
    const folder = await realpath(dir)
    if ((await stat(folder)).isDirectory()) return folder
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
    throw new SeederError('ORIGIN_MISSING', `${dir} does not exist`, { cause: error })
  }
  throw new SeederError('ORIGIN_MISSING', `${dir} is not a folder`)
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const reasons: Record<string, string> = {
      EADDRINUSE: 'another program listens there already',
      EADDRNOTAVAIL: 'this machine does not have that address',
      EACCES: 'this user may not use that port',
      ENOTFOUND: 'no such host',
    }
    const code = systemCode(error) ?? String(error)
    throw new SeederError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${reasons[code] ?? code}`, {
      cause: error,
    })
  }
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return `http://${address === '::' || address === '0.0.0.0' ? 'localhost' : host}:${port}`
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => {
    server.closeAllConnections()
  }, SERVE_CLOSE_TIMEOUT_MS)
  await closed
  clearTimeout(timer)
}
