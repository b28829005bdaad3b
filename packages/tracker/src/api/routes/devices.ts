import { TrackerError } from '../../error.ts'
import type { ApiDeps } from '../deps.ts'
import { list } from '../list.ts'
import { route } from '../route.ts'
import {
  deviceDetail,
  deviceFilter,
  deviceParams,
  deviceRow,
  historyRow,
  siteFilter,
  siteRow,
} from '../schemas/device.ts'
import { z } from 'zod'

export const deviceRoutes = [
  list({
    path: '/devices',
    summary: 'Devices that reported; everything that is asked for must hold.',
    filter: deviceFilter,
    row: deviceRow,
    find({ filter, page }, { store, now }: ApiDeps) {
      const { silentSeconds, ...rest } = filter
      const silence = silentSeconds === undefined ? {} : { silentSinceMs: now() - 1_000 * silentSeconds }
      return store.devices({ ...rest, ...silence }, page)
    },
  }),
  route({
    method: 'GET',
    path: '/devices/:id',
    role: 'viewer',
    summary: 'One device: what it is, what it has, and the rollouts it belongs to.',
    params: deviceParams,
    answer: deviceDetail,
    async handle({ params }, { store }: ApiDeps) {
      const device = await store.device(params.id)
      if (device !== undefined) return device
      throw new TrackerError('NOT_FOUND', `no device ${params.id} has reported`, {
        fix: 'see shoal-tracker devices list',
      })
    },
  }),
  list({
    path: '/devices/:id/history',
    summary: 'What a device reported, the newest first.',
    params: deviceParams,
    row: historyRow,
    find: ({ params, page }, { store }: ApiDeps) => store.deviceHistory(params.id, page),
  }),
  list({
    path: '/sites',
    summary: 'Sites, and where the bytes of their devices came from.',
    filter: siteFilter,
    row: siteRow,
    find: ({ filter, page }, { store }: ApiDeps) => store.sites({ ...filter, ...page }),
  }),
  route({
    method: 'GET',
    path: '/groups',
    role: 'viewer',
    summary: 'Groups, and how many devices each has.',
    answer: z.object({ groups: z.array(z.object({ group: z.string(), devices: z.int() })) }),
    async handle(_asked, { store }: ApiDeps) {
      return { groups: await store.groups() }
    },
  }),
]
