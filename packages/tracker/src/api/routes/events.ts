import type { FastifyInstance } from 'fastify'
import { callerOf, presentedToken } from '../caller.ts'
import type { EventHub } from '../events.ts'
import { API_ROOT, type Door, type DoorDeps } from '../mount.ts'

/** `GET /events`: see `createEventHub`. */
export function mountEvents(
  server: FastifyInstance,
  door: Door,
  hub: EventHub,
  { store, now }: Pick<DoorDeps, 'store' | 'now'>,
): void {
  server.get(`${API_ROOT}/events`, async (request, reply) => {
    await door.enter(request, reply)
    hub.requireRoom()
    const token = presentedToken(request.headers)?.token ?? ''
    const lastId = Number(request.headers['last-event-id'])
    reply.raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Proxies that collect answers would hold events back.
      'x-accel-buffering': 'no',
    })
    reply.hijack()
    hub.join(reply.raw, {
      lastId: Number.isSafeInteger(lastId) ? lastId : undefined,
      isAllowed: async () => (await callerOf(token, store, now())) !== undefined,
    })
  })
}
