import type { FastifyInstance, FastifyReply } from 'fastify'
import { API_ROOT } from '../api/mount.ts'
import type { Refusal } from '../api/error.ts'
import type { Asset, Dashboard } from './load.ts'

const HOUR_SECONDS = 3_600
const YEAR_SECONDS = 31_536_000

/** Serves the files, and the page itself under every address that it knows to show something for. */
export function mountDashboard(server: FastifyInstance, dashboard: Dashboard | undefined): void {
  const page = dashboard?.get('/index.html')
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    if (path.startsWith(API_ROOT)) return notFound(reply)
    if (request.method !== 'GET' && request.method !== 'HEAD') return notFound(reply)
    if (page === undefined)
      return reply
        .code(path === '/' ? 503 : 404)
        .type('text/plain')
        .send(NOT_BUILT)
    const asset = dashboard?.get(path) ?? (path.startsWith('/assets/') ? undefined : page)
    return asset === undefined ? notFound(reply) : sendAsset(reply, asset, request.headers['accept-encoding'])
  })
}

const NOT_BUILT =
  'The dashboard is not built. In the checkout: npm run dashboard, then start the tracker again.\n' +
  'The API is there: /api/v1/openapi.json, and `shoal-tracker rollout list` uses it.\n'

function sendAsset(reply: FastifyReply, asset: Asset, accepted: string | undefined): FastifyReply {
  const seconds = asset.isImmutable ? YEAR_SECONDS : HOUR_SECONDS
  const caching = asset.type.startsWith('text/html')
    ? 'no-cache'
    : `max-age=${seconds}${asset.isImmutable ? ', immutable' : ''}`
  reply.code(200).type(asset.type).header('cache-control', caching).header('vary', 'accept-encoding')
  if (asset.gzipped === undefined || accepted?.includes('gzip') !== true) return reply.send(asset.bytes)
  return reply.header('content-encoding', 'gzip').send(asset.gzipped)
}

function notFound(reply: FastifyReply): FastifyReply {
  const refusal: Refusal = { code: 'NOT_FOUND', message: 'there is nothing here', fix: `see ${API_ROOT}/openapi.json` }
  return reply.code(404).send(refusal)
}
