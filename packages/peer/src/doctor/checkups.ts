/** Examines the running peer now and then, and whenever somebody asks, and tells what was found. */
import type { ReportCheck } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import { pause } from '../pause.ts'
import { examine } from './checks.ts'
import type { DoctorFacts } from './facts.ts'
import { toldChecks } from './told.ts'

export interface Checkups extends AsyncDisposable {
  /** Now; resolves with what there is to judge. */
  ask(): Promise<DoctorFacts>
}

export interface CheckupsDeps {
  gather: () => Promise<DoctorFacts>
  /** @param isNews whether it is worth a report of its own; else the next one says it */
  tell: (checks: ReportCheck[], isNews: boolean) => Promise<void>
  onFailure: (error: unknown) => void
  random?: () => number
  times?: { firstMs: number; everyMs: number; againMs: number }
}

export function startCheckups(deps: CheckupsDeps): Checkups {
  const { gather, tell, onFailure, random = Math.random, times = LIMITS.checkups } = deps
  const stopping = new AbortController()
  let toldVerdicts: string | undefined
  let toldMs = -Infinity

  async function look(isAsked: boolean): Promise<DoctorFacts> {
    const facts = await gather()
    const checks = toldChecks(examine(facts))
    const verdicts = checks.map(({ check, verdict }) => `${check} ${verdict}`).join()
    const isNews = verdicts !== toldVerdicts || (isAsked && performance.now() - toldMs >= times.againMs)
    if (isNews) [toldVerdicts, toldMs] = [verdicts, performance.now()]
    // Whoever asks waits for no disk.
    tell(checks, isNews).catch(onFailure)
    return facts
  }

  async function run(): Promise<void> {
    for (let waitMs = times.firstMs; ; waitMs = times.everyMs) {
      // A fleet that was started together does not examine itself together.
      await pause(waitMs * (0.5 + random()), stopping.signal)
      if (stopping.signal.aborted) return
      await look(false)
    }
  }

  const running = run().catch(onFailure)
  return {
    ask: () => look(true),
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error('stopping'))
      await running
    },
  }
}
