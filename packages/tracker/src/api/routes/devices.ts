import { TrackerError } from '../../error.ts'
import type { ApiDeps } from '../deps.ts'
import { route } from '../route.ts'
import {
  deviceDetail,
  deviceParams,
  deviceQuery,
  deviceRow,
  historyQuery,
  historyRow,
  siteQuery,
  siteRow,
} from '../schemas/device.ts'
import { pageOf, splitPage } from '../schemas/fields.ts'
import { z } from 'zod'

export const deviceRoutes = [
  route({
    method: 'GET',
    path: '/devices',
    role: 'viewer',
    summary: 'Devices that reported; everything that is asked for must hold.',
    query: deviceQuery,
    answer: pageOf(deviceRow),
    async handle({ query }, { store, now }: ApiDeps) {
      const { filter, page } = splitPage(query)
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
  route({
    method: 'GET',
    path: '/devices/:id/history',
    role: 'viewer',
    summary: 'What a device reported, the newest first.',
    params: deviceParams,
    query: historyQuery,
    answer: pageOf(historyRow),
    async handle({ params, query }, { store }: ApiDeps) {
      return store.deviceHistory(params.id, splitPage(query).page)
    },
  }),
  route({
    method: 'GET',
    path: '/sites',
    role: 'viewer',
    summary: 'Sites, and where the bytes of their devices came from.',
    query: siteQuery,
    answer: pageOf(siteRow),
    async handle({ query }, { store }: ApiDeps) {
      const { filter, page } = splitPage(query)
      return store.sites({ ...filter, ...page })
    },
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
