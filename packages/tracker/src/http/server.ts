// What operators and their monitoring ask: is it alive, is it ready, how much does it do. Rollouts and the dashboard will
// hang their routes here.
import { fastify } from 'fastify'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'

export interface HttpConfig {
  host: string
  port: number
}

interface HttpDeps {
  isReady: () => boolean
  metrics: { contentType: string; metrics(): Promise<string> }
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string
}

export async function startHttp(config: HttpConfig, { isReady, metrics }: HttpDeps): Promise<HttpServer> {
  const server = fastify({
    bodyLimit: LIMITS.httpBodyBytesMax,
    requestTimeout: LIMITS.httpRequestTimeoutMs,
    connectionTimeout: LIMITS.httpConnectionTimeoutMs,
    forceCloseConnections: true,
  })
  server.get('/livez', () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const ready = isReady()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not-ready' })
  })
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  try {
    const url = await server.listen(config)
    return { url, [Symbol.asyncDispose]: () => server.close() }
  } catch (error) {
    await server.close()
    throw listenError(error, config)
  }
}

const LISTEN_FAILURES: Record<string, [why: string, fix: string]> = {
  EADDRINUSE: ['the port is in use', 'stop the program that holds the port, or choose another with --http'],
  EADDRNOTAVAIL: ['this machine has no such address', 'use 127.0.0.1, or an address that `ip address` shows'],
  ENOTFOUND: ['there is no host of that name', 'use 127.0.0.1, or an address that `ip address` shows'],
  EACCES: ['that is not permitted', 'use a port above 1023'],
}

function listenError(error: unknown, { host, port }: HttpConfig): unknown {
  const known = LISTEN_FAILURES[(error as NodeJS.ErrnoException).code ?? '']
  if (known === undefined) return error
  const [why, fix] = known
  return new TrackerError('LISTEN_FAILED', `cannot serve HTTP on ${host}:${port}: ${why}`, { cause: error, fix })
}
