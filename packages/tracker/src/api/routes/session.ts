/** How the dashboard logs in: a token is turned into a cookie that only the browser and the tracker see. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { TrackerError } from '../../error.ts'
import { LIMITS } from '../../limits.ts'
import { ROLES } from '../../store/store.ts'
import { clearCookie, writeCookie } from '../cookie.ts'
import { API_ROOT, read, type Door } from '../mount.ts'

export const session = z.object({ name: z.string(), role: z.enum(ROLES) })
const logIn = z.strictObject({ token: z.string().max(LIMITS.apiTokenCharactersMax) })
const PATH = `${API_ROOT}/session`

export function mountSession(server: FastifyInstance, door: Door): void {
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith(API_ROOT)) reply.header('cache-control', 'no-store')
  })
  server.get(PATH, async (request, reply) => {
    const { name, role } = await door.enter(request, reply)
    return { name, role }
  })
  server.post(PATH, async (request, reply) => {
    const { token } = read('body', logIn, request.body)
    const { name, role } = await door.recognise(token, request.ip, reply)
    reply.header('set-cookie', writeCookie(token, request.protocol === 'https'))
    return { name, role }
  })
  server.delete(PATH, async (request, reply) => {
    if (request.headers['sec-fetch-site'] === 'cross-site') {
      throw new TrackerError('FORBIDDEN', 'another site cannot log you out', { fix: 'use the dashboard' })
    }
    reply.header('set-cookie', clearCookie(request.protocol === 'https'))
    return {}
  })
}
