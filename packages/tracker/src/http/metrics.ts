import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { ReplyMessage } from '../announce/message.ts'
import type { ReportsAnswer } from '../reports/message.ts'

export interface TrackerMetrics {
  readonly registry: Registry
  answered(reply: ReplyMessage): void
  reported(answer: ReportsAnswer): void
  failed(code: string): void
}

/** The gauges are read when somebody looks. */
interface Levels {
  peers: () => number
  topics: () => number
  connections: () => number
}

/** Base units, `_total` for counters, and never a label per peer, topic or site. */
export function createMetrics(levels: Levels): TrackerMetrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const announces = new Counter({
    name: 'shoal_tracker_announces_total',
    help: 'Announces answered, by status: ok, invalid (not understood), too-often (that peer must wait), busy.',
    labelNames: ['status'] as const,
    registers,
  })
  const handedOut = new Counter({
    name: 'shoal_tracker_handed_out_peers_total',
    help: 'Peers named in answers to announces; the same peer counts each time.',
    registers,
  })
  const reports = new Counter({
    name: 'shoal_tracker_reports_total',
    help: 'Reports of devices, by outcome: taken (on disk), later (no room), invalid, not-yours, other-fleet, not-as-enrolled (refused for good).',
    labelNames: ['outcome'] as const,
    registers,
  })
  const batches = new Counter({
    name: 'shoal_tracker_report_batches_total',
    help: 'Messages with reports, by status: ok, invalid (not understood), too-often (that peer must wait), busy (the store must catch up).',
    labelNames: ['status'] as const,
    registers,
  })
  const failures = new Counter({
    name: 'shoal_tracker_failed_exchanges_total',
    help: 'Announce streams that ended without an answer, by code: FRAME_INVALID (garbage), TIMEOUT (too slow), REFUSED (too many at once), other.',
    labelNames: ['code'] as const,
    registers,
  })
  const gauge = (name: string, help: string, read: () => number): void => {
    const level: Gauge = new Gauge({ name, help, registers, collect: () => level.set(read()) })
  }
  gauge('shoal_tracker_peers', 'Peers that announced lately and can be handed out.', levels.peers)
  gauge('shoal_tracker_topics', 'Topics that at least one such peer follows.', levels.topics)
  gauge('shoal_tracker_connections', 'Open libp2p connections, in both directions.', levels.connections)

  const known = ['FRAME_INVALID', 'TIMEOUT', 'REFUSED']
  return {
    registry,
    answered(reply) {
      announces.inc({ status: reply.status })
      if (reply.status === 'ok') handedOut.inc(reply.peers.length)
    },
    reported(answer) {
      batches.inc({ status: answer.status })
      if (answer.status === 'ok') for (const outcome of answer.outcomes) reports.inc({ outcome })
    },
    failed: (code) => failures.inc({ code: known.includes(code) ? code : 'other' }),
  }
}
