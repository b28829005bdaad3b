/** Has what comes judged, and answers when they are on disk. Whatever way they came by. */
import type { Report } from '@shoal/release'
import { LIMITS } from '../limits.ts'
import { createRateLimit } from '../service/rate-limit.ts'
import type { Intake } from './intake.ts'
import { createJudge, type Judged, type Sender } from './judge.ts'
import { parseReportsQuestion, type Outcome, type ReportsAnswer } from './message.ts'

export interface ReportsDesk extends Disposable {
  /**
   * @param question as it came
   * @param way what the sender is limited by beside its name: who only claims to be somebody must not use up what is that one's
   */
  answer(question: unknown, sender: Sender, way: 'libp2p' | 'mqtt'): Promise<ReportsAnswer>
}

interface DeskDeps {
  intake: Intake
  /** Milliseconds that never go back. */
  now: () => number
  /** What became of a batch. */
  onAnswer: (answer: ReportsAnswer) => void
  onFailure: (error: unknown) => void
}

export function openReportsDesk({ intake, now, onAnswer, onFailure }: DeskDeps): ReportsDesk {
  const { reportsBurst: burst, reportsRefillMs: refillMs, peersMax: keysMax } = LIMITS
  const rateLimit = createRateLimit({ burst, refillMs, keysMax }, now)
  const sweeping = setInterval(() => rateLimit.forgetIdle(), LIMITS.sweepMs)
  const judge = createJudge()

  async function answer(question: unknown, sender: Sender, way: string): Promise<ReportsAnswer> {
    const retryMs = rateLimit.take(`${way} ${sender.peer}`)
    if (retryMs > 0) return { v: 1, status: 'too-often', retryMs: Math.ceil(retryMs) }
    const batch = parseReportsQuestion(question)
    if (batch === undefined) return { v: 1, status: 'invalid', retryMs: LIMITS.reportsRetryMs }
    try {
      const judged = await judge(batch.reports, sender)
      return { v: 1, status: 'ok', outcomes: await settle(judged, intake) }
    } catch (error) {
      onFailure(error)
      return { v: 1, status: 'busy', retryMs: LIMITS.reportsRetryMs }
    }
  }

  return {
    async answer(question, sender, way) {
      const reply = await answer(question, sender, way)
      onAnswer(reply)
      return reply
    },
    [Symbol.dispose]: () => clearInterval(sweeping),
  }
}

async function settle(judged: readonly Judged[], intake: Intake): Promise<Outcome[]> {
  const reports = judged.flatMap((each): Report[] => ('report' in each ? [each.report] : []))
  const taken = reports.length === 0 ? [] : await intake.take(reports)
  let at = 0
  return judged.map((each): Outcome => {
    if ('refused' in each) return each.refused
    return taken[at++] === 'full' ? 'later' : 'taken'
  })
}
