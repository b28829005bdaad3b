/** The tracker's HTTP API: what the dashboard, `shoal-tracker rollout` and `shoal-tracker devices` are clients of. */
import type { FastifyInstance } from 'fastify'
import type { ApiDeps } from './deps.ts'
import { createEventHub } from './events.ts'
import { createAggregates } from './aggregates.ts'
import { readFleet } from './fleet-now.ts'
import { answerErrors, API_ROOT, createDoor, mountRoutes } from './mount.ts'
import { describeApi } from './openapi.ts'
import { deviceRoutes } from './routes/devices.ts'
import { mountEvents } from './routes/events.ts'
import type { Route } from './route.ts'
import { fleetRoutes } from './routes/fleet.ts'
import { rolloutRoutes } from './routes/rollouts.ts'
import { mountSession } from './routes/session.ts'

export const ROUTES: readonly Route<ApiDeps>[] = [...fleetRoutes, ...rolloutRoutes, ...deviceRoutes]

/**
 * Hangs the API into a server that does not listen yet; it ends with the server.
 * @param report gets faults of the program
 */
export function mountApi(
  server: FastifyInstance,
  deps: Omit<ApiDeps, 'aggregates'>,
  report: (error: unknown) => void,
): void {
  const apiDeps = { ...deps, aggregates: createAggregates(deps.store, deps.now) }
  const doorDeps = { store: deps.store, now: deps.now, report }
  const door = createDoor(doorDeps)
  const hub = createEventHub({ read: () => readFleet(apiDeps), now: deps.now, report })
  answerErrors(server, report)
  mountSession(server, door)
  mountEvents(server, door, hub, doorDeps)
  mountRoutes(server, ROUTES, door, apiDeps)
  const description = JSON.stringify(describeApi(ROUTES, '1'))
  server.get(`${API_ROOT}/openapi.json`, async (_request, reply) => reply.type('application/json').send(description))
  server.addHook('preClose', async () => hub[Symbol.dispose]())
}
