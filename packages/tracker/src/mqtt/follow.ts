/** A device's end: hears from the broker what is new, and can send its reports by it. What it hears is only ever a hint. */
import { randomBytes } from 'node:crypto'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { ReportsAnswer } from '../reports/message.ts'
import { settledBy, type Settled, type SignedReport } from '../reports/send.ts'
import { createRateLimit } from '../service/rate-limit.ts'
import { startBroker } from './broker.ts'
import { encodeQuestion, parseAnswer, parseHint } from './message.ts'
import type { BrokerConfig } from './settings.ts'
import { topicsOf, type MqttSubject } from './topics.ts'

export interface MqttFollower extends AsyncDisposable {
  readonly isConnected: boolean
  /**
   * Sends as many of them as fit into one message. What was sent before may be sent again.
   * @throws TrackerError UNREACHABLE, TIMEOUT; ReportsRefused
   */
  sendReports(reports: readonly SignedReport[], options: { signal: AbortSignal }): Promise<Settled>
}

interface FollowDeps {
  fleet: string
  /** This device's peer id. */
  peer: string
  /** Weighs a document as one that a neighbour tells. */
  hear: (subject: MqttSubject, document: Uint8Array) => void
  /** There is said to be a policy of this version, to be had elsewhere. */
  hearHint: (version: number) => void
  /** Of a member of a private fleet: its own. */
  credential: () => Uint8Array | undefined
  onConnected: () => void
  onFailure: (error: unknown) => void
  random?: () => number
}

export function followMqtt(config: BrokerConfig, deps: FollowDeps): MqttFollower {
  const { fleet, peer, hear, hearHint, credential, onConnected, onFailure, random = Math.random } = deps
  const topics = topicsOf(config.topicPrefix, fleet)
  // Whole milliseconds: with fractions, a bucket of one can come out a hair too small for it.
  const now = (): number => Math.floor(performance.now())
  const { mqttNewsBurst: burst, mqttNewsRefillMs: refillMs, mqttHintRefillMs } = LIMITS
  const news = createRateLimit({ burst, refillMs, keysMax: 2 }, now)
  const hints = createRateLimit({ burst: 1, refillMs: mqttHintRefillMs, keysMax: 1 }, now)
  /** Id → who waits for the answer. */
  const asked = new Map<string, (answer: ReportsAnswer) => void>()

  function onMessage(topic: string, payload: Uint8Array): void {
    const subject = topics.subjectOf(topic)
    if (subject !== undefined) return onNews(subject, payload)
    const reply = topic === topics.ack(peer) && asked.size > 0 ? parseAnswer(payload) : undefined
    if (reply !== undefined) asked.get(keyOf(reply.id))?.(reply.answer)
  }

  function onNews(subject: MqttSubject, payload: Uint8Array): void {
    const version = subject === 'policy' ? parseHint(payload) : undefined
    if (version === undefined && news.take(subject) === 0) hear(subject, payload)
    if (version !== undefined && hints.take('') === 0) hearHint(version)
  }

  const broker = startBroker(config, {
    clientId: peer,
    subscribe: [topics.news('timestamp'), topics.news('policy'), topics.ack(peer)],
    onMessage,
    onConnected,
    onFailure,
    random,
  })
  return {
    get isConnected() {
      return broker.isConnected
    },
    async sendReports(reports, { signal }) {
      const batch = fitting(reports)
      const id = randomBytes(LIMITS.mqttIdBytes)
      const shown = credential()
      const question = {
        v: 1 as const,
        id,
        reports: batch.map(({ bytes }) => bytes),
        ...(shown && { credential: shown }),
      }
      const until = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.exchangeTimeoutMs)])
      const { promise, resolve, reject } = Promise.withResolvers<ReportsAnswer>()
      const onAbort = (): void => reject(new TrackerError('TIMEOUT', 'no tracker answered by way of the broker'))
      promise.catch(() => undefined)
      until.addEventListener('abort', onAbort)
      asked.set(keyOf(id), resolve)
      try {
        await broker.publish(topics.reports(peer), encodeQuestion(question), { signal: until })
        return settledBy(batch, await promise)
      } finally {
        asked.delete(keyOf(id))
        until.removeEventListener('abort', onAbort)
      }
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

/** Each is far smaller than what fits. */
function fitting(reports: readonly SignedReport[]): SignedReport[] {
  let sizeBytes = 0
  return reports.filter(({ bytes }) => (sizeBytes += bytes.length) <= LIMITS.mqttReportsBytesMax)
}

function keyOf(id: Uint8Array): string {
  return Buffer.from(id).toString('hex')
}
