/** The daemon's control interface: HTTP on a unix socket that only its owner can open. */
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { once } from 'node:events'
import { CliError, EXIT } from '@shoal/cli'
import type { DoctorFacts } from '../doctor/index.ts'
import { LIMITS } from '../limits.ts'
import type { Reports } from '../reports/index.ts'
import { parseLimitOrder, type LimitOrder } from './limit-order.ts'
import { parseResendOrder, type ReportList } from './report-order.ts'
import type { PeerStatus } from './status.ts'

/** Longest path that a unix socket can have. */
const SOCKET_PATH_MAX = 107

export interface Controlled {
  status(): PeerStatus
  doctor(): Promise<DoctorFacts>
  setPaused(paused: boolean): void
  limit(order: LimitOrder): void
  /** Absent where nothing is reported. */
  reports: Pick<Reports, 'list' | 'resend'> | undefined
}

export async function startControl(path: string, controlled: Controlled): Promise<AsyncDisposable> {
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX) {
    throw new CliError('SOCKET_PATH', EXIT.usage, `${path} is too long for a socket`, 'choose a shorter stateDir')
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if (await answers(path)) {
    throw new CliError(
      'ALREADY_RUNNING',
      EXIT.failure,
      `a daemon answers on ${path}`,
      'stop it, or choose another stateDir',
    )
  }
  await rm(path, { force: true })
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    // Whoever breaks off its order hears nothing more.
    handle(request, response, controlled).catch(() => response.destroy())
  })
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await rm(path, { force: true })
    },
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, controlled: Controlled): Promise<void> {
  const body = await readBody(request)
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'GET /v1/status':
      return reply(response, 200, controlled.status())
    case 'GET /v1/doctor':
      return reply(response, 200, await controlled.doctor())
    case 'POST /v1/pause':
    case 'POST /v1/resume':
      controlled.setPaused(request.url === '/v1/pause')
      return reply(response, 200, controlled.status())
    case 'POST /v1/limit': {
      const order = body === undefined ? undefined : parseLimitOrder(body)
      if (order === undefined) return reply(response, 400, { error: 'no order about limits' })
      controlled.limit(order)
      return reply(response, 200, controlled.status())
    }
    case 'GET /v1/reports':
      return reply(response, 200, listOf(controlled))
    case 'POST /v1/reports/resend': {
      const order = body === undefined ? undefined : parseResendOrder(body)
      if (order === undefined) return reply(response, 400, { error: 'no order about reports' })
      await controlled.reports?.resend(order.counters)
      return reply(response, 200, listOf(controlled))
    }
    default:
      return reply(response, 404, { error: 'not found' })
  }
}

function listOf({ reports }: Controlled): ReportList {
  return { pending: reports?.list('pending') ?? [], dead: reports?.list('dead') ?? [] }
}

/** Undefined for more than an order can be. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= LIMITS.controlBodyBytesMax) parts.push(part)
  }
  return bytes > LIMITS.controlBodyBytesMax ? undefined : Buffer.concat(parts).toString()
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Whether somebody listens there; a socket that a killed daemon left does not answer. */
async function answers(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1_000) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
