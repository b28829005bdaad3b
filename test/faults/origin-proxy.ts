import { once } from 'node:events'
import { createServer, request as httpRequest, Agent } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { faultyBody } from './faulty-body.ts'
import type { OriginFault } from './origin-fault.ts'

interface ProxiedRequest {
  method: string
  /** As sent: percent-encoded, with the query. */
  path: string
  headers: IncomingHttpHeaders
  /** First and last byte asked for. */
  range: { first: number; last: number } | undefined
}

export interface OriginProxy extends AsyncDisposable {
  readonly url: string
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly ProxiedRequest[]
  /** Most requests that were under way at the same time. */
  readonly atOnceMax: number
  /** Bytes of bodies sent to clients. */
  readonly bytes: number
  /** Requests that match fail this way, at most `times`. Of several rules the first that matches and is not used up counts. */
  fail(fault: OriginFault, rule?: { when?: (request: ProxiedRequest) => boolean; times?: number }): void
  /** Forgets all faults. */
  heal(): void
}

interface Rule {
  fault: OriginFault
  when: (request: ProxiedRequest) => boolean
  left: number
}

/** A reverse proxy on loopback in front of an http origin, which does wrong what it is told to. */
export async function startOriginProxy(upstream: string): Promise<OriginProxy> {
  const target = new URL(upstream)
  const agent = new Agent({ keepAlive: true })
  const requests: ProxiedRequest[] = []
  const rules: Rule[] = []
  let bytesSent = 0
  let atOnce = 0
  let atOnceMax = 0

  const server = createServer((request, response) => {
    const seen = describe(request)
    requests.push(seen)
    atOnceMax = Math.max(atOnceMax, ++atOnce)
    response.on('close', () => atOnce--)
    const fault = faultFor(seen, rules)
    response.on('error', () => response.destroy())
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter })
      return void response.end(`status ${fault.status}\n`)
    }
    if (fault?.kind === 'redirect') {
      response.writeHead(fault.status ?? 302, { location: new URL(seen.path, fault.to).href })
      return void response.end()
    }
    forward(seen, fault, response)
  })

  function forward(seen: ProxiedRequest, fault: OriginFault | undefined, response: ServerResponse): void {
    const headers = { ...seen.headers, host: target.host }
    if (fault?.kind === 'ignore-range') delete headers.range
    const path = target.pathname.replace(/\/$/, '') + seen.path
    const outgoing = httpRequest({
      agent,
      hostname: target.hostname,
      port: target.port,
      method: seen.method,
      path,
      headers,
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    outgoing.on('response', (answer) => {
      const status = answer.statusCode ?? 502
      response.writeHead(status, changedHeaders(answer.headers, fault))
      const body = faultyBody({
        fault,
        start: status === 206 ? (seen.range?.first ?? 0) : 0,
        hangUp: () => response.destroy(),
      })
      body.on('data', (bytes: Buffer) => (bytesSent += bytes.length))
      pipeline(answer, body, response, () => undefined)
    })
    outgoing.end()
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    get atOnceMax() {
      return atOnceMax
    },
    get bytes() {
      return bytesSent
    },
    fail: (fault, { when = () => true, times = Infinity } = {}) => void rules.push({ fault, when, left: times }),
    heal: () => void rules.splice(0),
    async [Symbol.asyncDispose]() {
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function describe(request: IncomingMessage): ProxiedRequest {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: request.headers,
    range: match === null ? undefined : { first: Number(match[1]), last: Number(match[2]) },
  }
}

function faultFor(request: ProxiedRequest, rules: Rule[]): OriginFault | undefined {
  const rule = rules.find(({ left, when }) => left > 0 && when(request))
  if (rule !== undefined) rule.left--
  return rule?.fault
}

function changedHeaders(headers: IncomingHttpHeaders, fault: OriginFault | undefined): IncomingHttpHeaders {
  const changed = { ...headers }
  // These are about the connection to the origin, not to the client.
  delete changed.connection
  delete changed['keep-alive']
  delete changed['transfer-encoding']
  if (fault?.kind === 'overlong') delete changed['content-length']
  if (fault?.kind === 'no-range') delete changed['content-range']
  if (fault?.kind === 'encoding') changed['content-encoding'] = fault.name
  if (fault?.kind === 'wrong-range') {
    changed['content-range'] = headers['content-range']?.replace(/(\d+)-(\d+)/, (_, first, last) =>
      [first, last].map((offset) => Number(offset) + fault.shiftBytes).join('-'),
    )
  }
  return changed
}
