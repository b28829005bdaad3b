import type { ApiDeps } from '../deps.ts'
import { ringsOf } from '../desk.ts'
import { list } from '../list.ts'
import { route } from '../route.ts'
import { summarise, explainGate, ordersFor, viewRings } from '../rollout-view.ts'
import {
  newRollout,
  rolloutOrder,
  rolloutParams,
  rolloutFilter,
  rolloutSummary,
  rolloutView,
} from '../schemas/rollout.ts'
import { TrackerError } from '../../error.ts'
import type { Rollout } from '../../rollout/rollout.ts'
import { given } from '../schemas/fields.ts'
import { sumBytes } from '../bytes.ts'

const TIMELINE_ROWS = 100

export const rolloutRoutes = [
  list({
    path: '/rollouts',
    summary: 'Rollouts, the newest first.',
    filter: rolloutFilter,
    row: rolloutSummary,
    async find({ filter, page }, { store, aggregates }: ApiDeps) {
      const { state, ...rest } = filter
      const rollouts = await store.rollouts({ ...rest, ...(state === undefined ? {} : { state: [state] }) }, page)
      const rows = await Promise.all(
        rollouts.rows.map(async (each) => summarise(each, await aggregates.ringTotals(each))),
      )
      return { ...rollouts, rows }
    },
  }),
  route({
    method: 'POST',
    path: '/rollouts',
    role: 'publisher',
    summary: 'Begins a rollout.',
    body: newRollout,
    answer: rolloutView,
    async handle({ body, by }, deps: ApiDeps) {
      return viewRollout(await deps.desk.create(body, by.name), deps)
    },
  }),
  route({
    method: 'GET',
    path: '/rollouts/:id',
    role: 'viewer',
    summary: 'One rollout: how far each ring is, what its gate says, what happened.',
    params: rolloutParams,
    answer: rolloutView,
    async handle({ params }, deps: ApiDeps) {
      const rollout = await deps.store.rollout(params.id)
      if (rollout === undefined) {
        throw new TrackerError('NOT_FOUND', `there is no rollout ${params.id}`, {
          fix: 'see shoal-tracker rollout list',
        })
      }
      return viewRollout(rollout, deps)
    },
  }),
  route({
    method: 'POST',
    path: '/rollouts/:id/orders',
    role: 'operator',
    summary: 'Pauses, resumes, promotes or halts a rollout, or changes rings that have not begun.',
    params: rolloutParams,
    body: rolloutOrder,
    answer: rolloutView,
    async handle({ params, body, by }, deps: ApiDeps) {
      return viewRollout(
        await deps.desk.order(
          params.id,
          body.do === 'edit' ? { do: 'edit', rings: ringsOf(body.rings) } : given(body),
          by.name,
        ),
        deps,
      )
    },
  }),
]

async function viewRollout(rollout: Rollout, { store, aggregates, reporters, now }: ApiDeps) {
  const { id, product, channel, createdAtMs } = rollout
  const nowMs = now()
  const [totals, pace, timeline, traffic] = await Promise.all([
    aggregates.ringTotals(rollout),
    store.rolloutPace(id),
    store.audit({ rollout: id }, { limit: TIMELINE_ROWS }),
    store.bytesByHour({ product, channel, sinceMs: createdAtMs, untilMs: nowMs }),
  ])
  return {
    rollout,
    rings: viewRings(rollout, totals),
    gate: explainGate(rollout, totals, nowMs),
    reporters,
    orders: ordersFor(rollout),
    bytes: sumBytes(traffic),
    pace,
    timeline: timeline.rows,
  }
}
