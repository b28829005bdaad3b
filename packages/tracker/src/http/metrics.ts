import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { ReplyMessage } from '../announce/message.ts'

export interface TrackerMetrics {
  readonly registry: Registry
  answered(reply: ReplyMessage): void
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
    failed: (code) => failures.inc({ code: known.includes(code) ? code : 'other' }),
  }
}
