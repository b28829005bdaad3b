/**
 * The tracker's end: what is newest lies at the broker, retained, and reports that come by it go the way of all others. Who may write to which
 * topic is the broker's to say; what is written proves itself.
 */
import { parsePolicy } from '@shoal/release'
import { TrackerError } from '../error.ts'
import { LIMITS } from '../limits.ts'
import type { ReportsAnswer, ReportsQuestion } from '../reports/message.ts'
import { startBroker } from './broker.ts'
import { encodeAnswer, encodeHint, parseQuestion } from './message.ts'
import type { BrokerConfig } from './settings.ts'
import { topicsOf, type MqttSubject } from './topics.ts'

export interface MqttBridge extends AsyncDisposable {
  readonly isConnected: boolean
  /** Has the broker tell it to whoever listens, now and later. Never rejects and never waits: what fails is tried again. */
  tell(subject: MqttSubject, document: Uint8Array): void
}

interface BridgeDeps {
  fleet: string
  /** This tracker's peer id. */
  peer: string
  /** A timestamp that lies at the broker: as trustworthy as one that a neighbour tells. */
  hearTimestamp: (document: Uint8Array) => void
  /** Undefined when this tracker takes no reports. */
  answer:
    | ((question: ReportsQuestion, peer: string, credential: Uint8Array | undefined) => Promise<ReportsAnswer>)
    | undefined
  onConnected: () => void
  /** There is no connection; it is tried again by itself. */
  onBroken: (error: unknown) => void
  /** Of what came by it, or goes to it. */
  onFailure: (error: unknown) => void
  random?: () => number
}

export function bridgeMqtt(config: BrokerConfig, deps: BridgeDeps): MqttBridge {
  const { fleet, peer, hearTimestamp, answer, onConnected, onBroken, onFailure, random = Math.random } = deps
  const topics = topicsOf(config.topicPrefix, fleet)
  const newest = new Map<MqttSubject, Uint8Array>()
  /** What lies at the broker, as far as it said. */
  const there = new Map<MqttSubject, Uint8Array>()
  let pending = 0

  async function publish(subject: MqttSubject): Promise<void> {
    const payload = newest.get(subject)
    const known = there.get(subject)
    if (payload === undefined || !broker.isConnected) return
    if (known !== undefined && Buffer.compare(known, payload) === 0) return
    try {
      await broker.publish(topics.news(subject), payload, { retain: true })
      there.set(subject, payload)
    } catch (error) {
      onFailure(error)
    }
  }

  function compare(): void {
    for (const subject of newest.keys()) void publish(subject)
  }

  async function takeReports(from: string, payload: Uint8Array): Promise<void> {
    if (answer === undefined || pending >= LIMITS.mqttPendingMax) return
    pending += 1
    try {
      const question = parseQuestion(payload)
      if (question === undefined) throw new TrackerError('FRAME_INVALID', 'what came by the broker is no reports')
      const { id, reports, credential } = question
      const reply = await answer({ v: 1, reports }, from, credential)
      await broker.publish(topics.ack(from), encodeAnswer({ id, answer: reply }))
    } catch (error) {
      onFailure(error)
    } finally {
      pending -= 1
    }
  }

  function onMessage(topic: string, payload: Uint8Array): void {
    const from = topics.reporterOf(topic)
    if (from !== undefined) void takeReports(from, payload)
    const subject = topics.subjectOf(topic)
    if (subject === undefined) return
    there.set(subject, payload)
    if (subject === 'timestamp') hearTimestamp(payload)
  }

  let soon: NodeJS.Timeout | undefined
  const broker = startBroker(config, {
    clientId: peer,
    subscribe: [topics.news('timestamp'), topics.news('policy'), ...(answer === undefined ? [] : [topics.allReports])],
    onMessage,
    onConnected() {
      onConnected()
      there.clear()
      clearTimeout(soon)
      soon = setTimeout(compare, LIMITS.mqttRetainedMs)
    },
    onFailure: onBroken,
    random,
  })
  const comparing = setInterval(compare, LIMITS.mqttCompareMs)
  return {
    get isConnected() {
      return broker.isConnected
    },
    tell(subject, document) {
      newest.set(subject, fitting(document))
      void publish(subject)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(comparing)
      await broker[Symbol.asyncDispose]()
      clearTimeout(soon)
    },
  }
}

/** Only a policy can be too large. */
function fitting(document: Uint8Array): Uint8Array {
  if (document.length <= LIMITS.mqttPayloadBytesMax) return document
  return encodeHint(parsePolicy(document).policy.version)
}
