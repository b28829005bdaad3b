/** The tracker's end: judges what comes, a few reports at a time, and answers when they are on disk. */
import type { Libp2p } from '@libp2p/interface'
import type { Report } from '@shoal/release'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LIMITS } from '../limits.ts'
import type { Membership } from '../membership/membership.ts'
import { createRateLimit } from '../service/rate-limit.ts'
import { answerQuestions } from '../wire/exchange.ts'
import type { Intake } from './intake.ts'
import { judgeReport, type Judged, type Sender } from './judge.ts'
import { parseReportsQuestion, type Outcome, type ReportsAnswer } from './message.ts'
import { REPORTS_LIMITS, reportsProtocol } from './protocol.ts'

interface ReportsConfig {
  fleet: string
  intake: Intake
  membership: Membership | undefined
  /** Milliseconds that never go back. */
  now: () => number
  /** What became of a batch. */
  onAnswer: (answer: ReportsAnswer) => void
  onFailure: (error: unknown) => void
}

export async function serveReports(
  node: Pick<Libp2p, 'handle' | 'unhandle'>,
  { fleet, intake, membership, now, onAnswer, onFailure }: ReportsConfig,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { reportsBurst: burst, reportsRefillMs: refillMs, peersMax: keysMax } = LIMITS
  const rateLimit = createRateLimit({ burst, refillMs, keysMax }, now)
  const sweeping = setInterval(() => rateLimit.forgetIdle(), LIMITS.sweepMs)
  stack.defer(() => clearInterval(sweeping))
  const judge = createJudge(now)

  async function answer(question: unknown, sender: Sender): Promise<ReportsAnswer> {
    const retryMs = rateLimit.take(sender.peer)
    if (retryMs > 0) return { v: 1, status: 'too-often', retryMs: Math.ceil(retryMs) }
    const batch = parseReportsQuestion(question)
    if (batch === undefined) return { v: 1, status: 'invalid', retryMs: LIMITS.reportsRetryMs }
    const judged = await judge(batch.reports, sender)
    try {
      return { v: 1, status: 'ok', outcomes: await settle(judged, intake) }
    } catch (error) {
      onFailure(error)
      return { v: 1, status: 'busy', retryMs: LIMITS.reportsRetryMs }
    }
  }

  stack.use(
    await answerQuestions(
      node,
      reportsProtocol(fleet),
      { ...REPORTS_LIMITS, streamsPerConnectionMax: LIMITS.streamsPerConnectionMax, streamsMax: LIMITS.streamsMax },
      async (question, { remotePeer }) => {
        const peer = remotePeer.toString()
        const reply = await answer(question, { peer, fleet, member: membership?.memberOf(peer) })
        onAnswer(reply)
        return reply
      },
      onFailure,
    ),
  )
  return stack.move()
}

/** One batch after the other, and for a few milliseconds of each turn of the event loop: announces do not wait for long. */
function createJudge(now: () => number): (reports: readonly Uint8Array[], sender: Sender) => Promise<Judged[]> {
  let last: Promise<unknown> = Promise.resolve()
  let turnEndsMs = -Infinity

  async function judge(reports: readonly Uint8Array[], sender: Sender): Promise<Judged[]> {
    const judged: Judged[] = []
    for (const bytes of reports) {
      if (now() >= turnEndsMs) {
        await nextTurn()
        turnEndsMs = now() + LIMITS.reportsJudgeMs
      }
      judged.push(judgeReport(bytes, sender))
    }
    return judged
  }

  return (reports, sender) => {
    const judged = last.then(() => judge(reports, sender))
    last = judged.catch(() => undefined)
    return judged
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
