/** Where people change rollouts: what they ask for is decided, and kept with the policy that follows from it, all or nothing. */
import { ReleaseError } from '@shoal/release'
import { randomBytes } from 'node:crypto'
import { TrackerError } from '../error.ts'
import { auditOf } from '../rollout/audit.ts'
import { beginRollout, type RolloutPlan } from '../rollout/begin.ts'
import { settleChannel } from '../rollout/channel.ts'
import { order } from '../rollout/order.ts'
import type { Refusal, Rollout } from '../rollout/rollout.ts'
import type { Change, Store, StoredChannel } from '../store/store.ts'
import type { NewRollout, RolloutDesk } from './deps.ts'
import { given } from './schemas/fields.ts'

interface DeskDeps {
  store: Pick<Store, 'channels' | 'rollout'>
  /** Signs what devices are to know after a change, and keeps both. */
  publish: (change: Omit<Change, 'policy'>) => Promise<'changed' | 'conflict'>
  /** Epoch ms. */
  now: () => number
}

/** Of engines and people that change the same at the same time, one goes first; the others look again. */
const ATTEMPTS_MAX = 8

export function createDesk({ store, publish, now }: DeskDeps): RolloutDesk {
  async function begin(
    plan: Omit<RolloutPlan, 'returns'>,
    wanted: NewRollout,
    by: string,
  ): Promise<Rollout | 'conflict'> {
    const { product, channel: name } = wanted
    if ((await store.rollout(plan.id)) !== undefined) {
      throw conflict(`there was a rollout ${plan.id} already`, 'choose another id')
    }
    const stored = (await store.channels()).find((each) => each.product === product && each.channel === name)
    const channel = stored ?? { product, channel: name, steps: [], withdrawn: [], revision: 0 }
    const last = channel.rollout === undefined ? undefined : await store.rollout(channel.rollout)
    const begun = checked(() => {
      const returns = wanted.returns ?? channel.base !== undefined
      return beginRollout(channel, last, { ...plan, returns }, by, now())
    })
    if ('refused' in begun) throw refusal(begun.refused)
    const { rollout, superseded, events } = begun
    const outcome = await publish({
      rollouts: [
        { next: rollout },
        ...(superseded === undefined || last === undefined ? [] : [{ next: superseded, from: last.revision }]),
      ],
      channels: [channelChange(stored, { ...begun.channel, revision: channel.revision + 1 })],
      audit: events.map((event) => auditOf(rollout, event)),
    })
    return outcome === 'changed' ? rollout : outcome
  }

  async function give(
    id: string,
    asked: Parameters<RolloutDesk['order']>[1],
    by: string,
  ): Promise<Rollout | 'conflict'> {
    const rollout = await store.rollout(id)
    if (rollout === undefined) {
      throw new TrackerError('NOT_FOUND', `there is no rollout ${id}`, { fix: 'see shoal-tracker rollout list' })
    }
    const ordered = checked(() => order(rollout, asked, by, now()))
    if ('refused' in ordered) throw refusal(ordered.refused, rollout)
    const { rollout: next, events } = ordered
    const channels = await store.channels()
    const stored = channels.find(({ product, channel }) => product === next.product && channel === next.channel)
    if (stored === undefined) throw new Error(`the channel of rollout ${id} is not kept`)
    const outcome = await publish({
      rollouts: [{ next, from: rollout.revision, placesAnew: asked.do === 'edit' }],
      channels: [channelChange(stored, { ...settleChannel(stored, next), revision: stored.revision + 1 })],
      audit: events.map((event) => auditOf(next, event)),
    })
    return outcome === 'changed' ? next : outcome
  }

  return {
    create(wanted, by) {
      const plan = planOf(wanted)
      return untilDone(() => begin(plan, wanted, by))
    },
    order: (id, asked, by) => untilDone(() => give(id, asked, by)),
  }
}

async function untilDone(attempt: () => Promise<Rollout | 'conflict'>): Promise<Rollout> {
  for (let count = 0; count < ATTEMPTS_MAX; count++) {
    const outcome = await attempt()
    if (outcome !== 'conflict') return outcome
  }
  throw new TrackerError('BUSY', 'others change the same rollout all the time', { fix: 'look at it, and try again' })
}

function channelChange(stored: StoredChannel | undefined, next: StoredChannel): { next: StoredChannel; from?: number } {
  return stored === undefined ? { next } : { next, from: stored.revision }
}

function planOf(wanted: NewRollout): Omit<RolloutPlan, 'returns'> {
  const { version, rings, gate, approval, spreadSeconds, windows, download, soakSeconds, timeoutSeconds } = wanted
  return {
    ...{ version, approval, spreadSeconds, windows, download, soakSeconds, timeoutSeconds },
    id: wanted.id ?? newId(wanted),
    rings: ringsOf(rings),
    gate: given(gate),
  }
}

export function ringsOf(rings: NewRollout['rings']): Rollout['rings'] {
  return rings.map((ring) => ({ ...ring, match: given(ring.match) }))
}

const STEM_CHARACTERS_MAX = 50

function newId({ product, channel, version }: NewRollout): string {
  const stem = `${product}-${channel}-${version}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `${stem.slice(0, STEM_CHARACTERS_MAX)}-${randomBytes(3).toString('hex')}`
}

function checked<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof ReleaseError) && !(cause instanceof RangeError)) throw cause
    throw new TrackerError('INVALID', cause.message, { cause, fix: 'correct it; see /api/v1/openapi.json' })
  }
}

const REFUSALS: Record<Refusal, readonly [message: string, fix: string]> = {
  ROLLOUT_ENDED: ['it has ended', 'begin another one: shoal-tracker rollout create'],
  ROLLOUT_NOT_RUNNING: ['it is paused already', 'resume, promote or halt it'],
  ROLLOUT_RING_OPEN: [
    'a ring that has begun can be neither changed nor left out',
    'name those that are open first and as they are: see shoal-tracker rollout show',
  ],
  ROLLOUT_NOT_PAUSED: ['it is not paused', 'see shoal-tracker rollout show'],
  ROLLOUT_NO_BASE: [
    'the channel has no version that everybody may install yet, so there is none to go back to',
    'do without the return',
  ],
  ROLLOUT_UNFINISHED: [
    'another rollout of the channel is under way',
    'wait until it is completed, or halt it: shoal-tracker rollout halt',
  ],
}

function refusal(code: Refusal, rollout?: Rollout): TrackerError {
  const [message, fix] = REFUSALS[code]
  return conflict(rollout === undefined ? message : `rollout ${rollout.id} is ${rollout.state}: ${message}`, fix)
}

function conflict(message: string, fix: string): TrackerError {
  return new TrackerError('CONFLICT', message, { fix })
}
