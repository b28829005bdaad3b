import type { Libp2p } from '@libp2p/interface'
import { LIMITS } from '../limits.ts'
import { createRateLimit } from '../service/rate-limit.ts'
import type { StoredPolicy } from '../store/store.ts'
import { answerQuestions } from '../wire/exchange.ts'
import { parsePolicyQuestion, POLICY_LIMITS, policyProtocol, type PolicyAnswer } from './protocol.ts'

interface PolicyServiceConfig {
  fleet: string
  policy: () => StoredPolicy | undefined
  /** Milliseconds that never go back. */
  now: () => number
  onFailure: (error: unknown) => void
}

export async function servePolicy(
  node: Pick<Libp2p, 'handle' | 'unhandle'>,
  { fleet, policy, now, onFailure }: PolicyServiceConfig,
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const { policyBurst: burst, policyRefillMs: refillMs, peersMax: keysMax } = LIMITS
  const rateLimit = createRateLimit({ burst, refillMs, keysMax }, now)
  const sweeping = setInterval(() => rateLimit.forgetIdle(), LIMITS.sweepMs)
  stack.defer(() => clearInterval(sweeping))
  stack.use(
    await answerQuestions(
      node,
      policyProtocol(fleet),
      { ...POLICY_LIMITS, streamsPerConnectionMax: LIMITS.streamsPerConnectionMax, streamsMax: LIMITS.streamsMax },
      (value, { remotePeer }): PolicyAnswer | undefined => {
        const question = parsePolicyQuestion(value)
        if (question === undefined || rateLimit.take(remotePeer.toString()) > 0) return undefined
        const newest = policy()
        return newest !== undefined && newest.version > question.version
          ? { v: 1, document: newest.document }
          : { v: 1 }
      },
      onFailure,
    ),
  )
  return stack.move()
}
