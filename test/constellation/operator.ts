/** What an operator does with a constellation: stages its channel, begins rollouts, looks how far they are. */
import type { Constellation } from './constellation.ts'
import { ConstellationError } from './error.ts'

export interface Operator {
  /** Of the API and the dashboard; may begin rollouts. */
  readonly token: string
  /**
   * @param flags as of `shoal-tracker rollout create`
   * @returns the rollout's id
   */
  begin(version: string, flags: readonly string[]): Promise<string>
  rollout(id: string): Promise<RolloutView>
}

/** Of what the API answers about a rollout. */
export interface RolloutView {
  rollout: { id: string; version: string; state: string; reason?: string }
  rings: RingView[]
}

export interface RingView {
  name: string
  state: 'waiting' | 'open' | 'passed'
  target: number
  began: number
  downloaded: number
  activated: number
  healthy: number
  failed: number
  returned: number
}

const ANSWER_TIMEOUT_MS = 10_000

/** From then on the channel's devices install what rollouts offer them. Of a constellation that was started with `rollouts`. */
export async function stageChannel({ ground, origin, tracker, target }: Constellation): Promise<Operator> {
  if (tracker?.rollouts === undefined) throw new TypeError('the constellation has no tracker that does rollouts')
  const { http, rollouts } = tracker
  const { stateDir, policyKey } = rollouts
  const where = ['--repo', origin.repository, '--origin', origin.dir, '--json']
  await ground.run('seeder', 'stage', ['stage', target, '--key', `file:${policyKey}`, ...where])
  const create = ['token', 'create', 'operator', '--role', 'publisher', '--state-dir', stateDir, '--json']
  const { token } = await ground.run<{ token: string }>('tracker', 'token', create)
  return {
    token,
    async begin(version, flags) {
      const env = { SHOAL_TRACKER_TOKEN: token }
      const args = ['rollout', 'create', `${target}:${version}`, ...flags, '--api', http, '--json']
      const { rollout } = await ground.run<RolloutView>('tracker', `rollout-${version}`, args, env)
      return rollout.id
    },
    async rollout(id) {
      const answer = await fetch(`${http}/api/v1/rollouts/${id}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      if (!answer.ok) throw new ConstellationError('PROGRAM_FAILED', `the tracker answers ${answer.status} about ${id}`)
      return (await answer.json()) as RolloutView
    },
  }
}
