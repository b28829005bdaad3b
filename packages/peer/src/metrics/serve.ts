/** What monitoring asks of the daemon: is it alive, is it ready, how much does it do. It only tells; orders go over the control socket. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopbackHost } from '@shoal/cli'
import type { Registry } from 'prom-client'
import { PeerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface MonitoringConfig {
  host: string
  port: number
  /** A proxy in front does TLS, and says who may ask. */
  behindProxy: boolean
}

interface MonitoringDeps {
  registry: Registry
  isReady: () => boolean
}

/** @throws PeerError CONFIG_INVALID for what others could read on its way; LISTEN_FAILED */
export async function serveMonitoring(
  { host, port, behindProxy }: MonitoringConfig,
  { registry, isReady }: MonitoringDeps,
): Promise<AsyncDisposable & { readonly url: string }> {
  if (!isLoopbackHost(host) && !behindProxy) {
    throw new PeerError('CONFIG_INVALID', `HTTP on ${host} would be in the clear for other machines`, {
      fix: 'listen on 127.0.0.1, or set httpBehindProxy where a proxy does TLS',
    })
  }
  const { requestTimeoutMs, checkMs, connectionsMax } = LIMITS.monitoring
  const timeouts = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: checkMs,
  }
  const server = createServer(timeouts, (request, response) => {
    answer(request.method ?? '', request.url ?? '', response).catch(() => response.destroy())
  })
  server.maxConnections = connectionsMax

  async function answer(method: string, url: string, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') return reply(response, 405, { status: 'not-allowed' })
    switch (url) {
      case '/livez':
        return reply(response, 200, { status: 'ok' })
      case '/readyz':
        return isReady() ? reply(response, 200, { status: 'ready' }) : reply(response, 503, { status: 'not-ready' })
      case '/metrics':
        response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
        return
      default:
        return reply(response, 404, { status: 'not-found' })
    }
  }

  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new PeerError('LISTEN_FAILED', `cannot serve HTTP on ${host}:${port}: ${code}`, {
      cause,
      fix: 'choose another address with http in the configuration, or stop what holds it',
    })
  }
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
