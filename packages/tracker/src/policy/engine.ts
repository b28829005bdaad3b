/** Looks at the rollouts every few seconds, and soon after reports came. Several trackers on one store do so side by side. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LIMITS } from '../limits.ts'
import type { ReportStore, RolloutStore, StoredPolicy } from '../store/store.ts'

export interface Engine extends AsyncDisposable {
  /** Something changed: look soon. */
  ring(): void
}

interface EngineDeps {
  store: Pick<RolloutStore, 'placeDevices' | 'policy'> & Pick<ReportStore, 'forgetOld'>
  /**
   * Returns in how many milliseconds it has more to do, if nothing happens until then; Infinity when it has not.
   * Absent where this tracker has no key for the policy: it counts all the same.
   */
  advance: (() => Promise<number>) | undefined
  /** The newest policy, also of another tracker. */
  onPolicy: (policy: StoredPolicy) => void
  onFailure: (error: unknown) => void
  now: () => number
}

export function startEngine({ store, advance, onPolicy, onFailure, now }: EngineDeps): Engine {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let dueMs = Infinity
  let round: Promise<void> = Promise.resolve()
  let forgotAtMs = -Infinity

  async function look(): Promise<number> {
    while (!(await store.placeDevices())) {
      if (stopped) return Infinity
      await nextTurn()
    }
    const dueInMs = (await advance?.()) ?? Infinity
    const policy = await store.policy()
    if (policy !== undefined) onPolicy(policy)
    if (now() - forgotAtMs >= LIMITS.forgetEveryMs) {
      forgotAtMs = now()
      await store.forgetOld(now())
    }
    return dueInMs
  }

  function schedule(inMs: number): void {
    const atMs = performance.now() + inMs
    if (stopped || atMs >= dueMs) return
    clearTimeout(timer)
    dueMs = atMs
    timer = setTimeout(() => {
      dueMs = Infinity
      round = round.then(run)
    }, inMs)
  }

  async function run(): Promise<void> {
    let dueInMs = Infinity
    try {
      dueInMs = await look()
    } catch (error) {
      // The next round tries again; what was reported is on disk.
      onFailure(error)
    }
    schedule(Math.min(LIMITS.engineIdleMs, Math.max(LIMITS.engineBusyMs, dueInMs)))
  }

  schedule(0)
  return {
    ring: () => schedule(LIMITS.engineBusyMs),
    async [Symbol.asyncDispose]() {
      stopped = true
      clearTimeout(timer)
      await round
    },
  }
}
