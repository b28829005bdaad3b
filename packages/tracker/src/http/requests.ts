import type { FastifyInstance } from 'fastify'
import { API_ROOT } from '../api/mount.ts'

interface RequestMetrics {
  /** @param route one of few: what kind of thing was asked for */
  requested(route: string, status: string): void
  streaming(change: 1 | -1): void
}

/** Counts what is asked of the server, at the end of each answer; streams of events also while they last. */
export function countRequests(server: FastifyInstance, metrics: RequestMetrics): void {
  server.addHook('onRequest', (request, reply, done) => {
    const route = routeOf(request.routeOptions.url)
    if (route === 'events') metrics.streaming(1)
    // Unlike `finish`, it also comes to those who went away.
    reply.raw.once('close', () => {
      if (route === 'events') metrics.streaming(-1)
      metrics.requested(route, reply.raw.headersSent ? String(reply.raw.statusCode) : 'aborted')
    })
    done()
  })
}

const MONITORING = ['/livez', '/readyz', '/metrics']

/** `/api/v1/rollouts/:id` → `rollouts`. Only of routes that there are: what else somebody makes up, the dashboard answers. */
function routeOf(template = ''): string {
  if (MONITORING.includes(template)) return 'monitoring'
  if (!template.startsWith(`${API_ROOT}/`)) return 'dashboard'
  return template.slice(API_ROOT.length + 1).split('/')[0] ?? ''
}
