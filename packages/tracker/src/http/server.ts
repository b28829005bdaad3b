// What operators and their monitoring ask: is it alive, is it ready, how much does it do. The API and the dashboard are mounted
// beside.
import { fastify, type FastifyInstance } from 'fastify'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import { SECURITY_HEADERS, STRICT_TRANSPORT } from './headers.ts'
import { refuseOpenReach } from './reach.ts'

export interface HttpConfig {
  host: string
  port: number
  /** PEM; without it only loopback is listened on. */
  tls?: { cert: Uint8Array; key: Uint8Array }
  /** A proxy in front does TLS and says who asks, in X-Forwarded-For and X-Forwarded-Proto. */
  behindProxy?: boolean
}

interface HttpDeps {
  isReady: () => boolean
  metrics: { contentType: string; metrics(): Promise<string> }
  mount?: (server: FastifyInstance) => void
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string
}

/** @throws TrackerError CONFIG_INVALID, LISTEN_FAILED */
export async function startHttp(config: HttpConfig, deps: HttpDeps): Promise<HttpServer> {
  const { host, port, tls, behindProxy = false } = config
  refuseOpenReach({ host, tls: tls !== undefined, behindProxy })
  const server = createHttp(config, deps)
  try {
    const url = await server.listen({ host, port })
    return { url, [Symbol.asyncDispose]: () => server.close() }
  } catch (error) {
    await server.close()
    throw listenError(error, config)
  }
}

/** Not yet listening. */
export function createHttp(
  { tls, behindProxy = false }: Omit<HttpConfig, 'host' | 'port'>,
  { isReady, metrics, mount }: HttpDeps,
): FastifyInstance {
  const bounds = {
    bodyLimit: LIMITS.httpBodyBytesMax,
    requestTimeout: LIMITS.httpRequestTimeoutMs,
    connectionTimeout: LIMITS.httpConnectionTimeoutMs,
    forceCloseConnections: true,
    // One proxy: what others claim to have forwarded is not believed.
    trustProxy: behindProxy ? (_address: string, hop: number) => hop === 0 : false,
  }
  const sockets = { headersTimeout: LIMITS.httpRequestTimeoutMs, connectionsCheckingInterval: LIMITS.httpCheckMs }
  const server: FastifyInstance =
    tls === undefined
      ? fastify({ ...bounds, http: sockets })
      : fastify({
          ...bounds,
          https: { ...sockets, cert: Buffer.from(tls.cert), key: Buffer.from(tls.key), minVersion: 'TLSv1.2' },
        })
  server.server.maxConnections = LIMITS.httpConnectionsMax

  server.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS)
    if (tls !== undefined) reply.header('strict-transport-security', STRICT_TRANSPORT)
  })
  server.get('/livez', () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const ready = isReady()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready' })
  })
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  mount?.(server)
  return server
}

const LISTEN_FAILURES: Record<string, [why: string, fix: string]> = {
  EADDRINUSE: ['the port is in use', 'stop the program that holds the port, or choose another with --http'],
  EADDRNOTAVAIL: ['this machine has no such address', 'use 127.0.0.1, or an address that `ip address` shows'],
  ENOTFOUND: ['there is no host of that name', 'use 127.0.0.1, or an address that `ip address` shows'],
  EACCES: ['that is not permitted', 'use a port above 1023'],
  ERR_OSSL_PEM_NO_START_LINE: ['the certificate or its key is not PEM', 'check --http-cert and --http-key'],
}

function listenError(error: unknown, { host, port }: HttpConfig): unknown {
  const known = LISTEN_FAILURES[(error as NodeJS.ErrnoException).code ?? '']
  if (known === undefined) return error
  const [why, fix] = known
  return new TrackerError('LISTEN_FAILED', `cannot serve HTTP on ${host}:${port}: ${why}`, { cause: error, fix })
}
