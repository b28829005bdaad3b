import { addReading, createRegistry } from '@shoal/cli/metrics'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ReplyMessage } from '../announce/message.ts'
import type { ReportsAnswer } from '../reports/message.ts'
import type { Outcome } from '../webhook/post.ts'
import type { RemoteFault } from '../wire/exchange.ts'

export interface TrackerMetrics {
  readonly registry: Registry
  answered(reply: ReplyMessage): void
  reported(answer: ReportsAnswer): void
  failed(code: RemoteFault): void
  /** A fault of the program or of what it stands on. */
  faulted(): void
  requested(route: string, status: string): void
  streaming(change: 1 | -1): void
  stored(operation: string, seconds: number): void
  toldWebhook(outcome: Outcome['is']): void
}

/** Of a store on the same machine, up to one that is in trouble. */
const STORE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** The gauges are read when somebody looks. */
interface Levels {
  peers: () => number
  topics: () => number
  connections: () => number
  /** Whether there is a connection to the broker; undefined without one. */
  broker?: () => boolean | undefined
}

/** Base units, `_total` for counters, and never a label per peer, topic or site. */
export function createMetrics(levels: Levels): TrackerMetrics {
  const registry = createRegistry()
  const registers = [registry]
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
    help: 'Questions that ended without an answer, by code: FRAME_INVALID (garbage), TIMEOUT (too slow), REFUSED (too many at once), UNREACHABLE (gone in the middle).',
    labelNames: ['code'] as const,
    registers,
  })
  const faults = new Counter({
    name: 'shoal_tracker_faults_total',
    help: 'What went wrong here and is in the log: a store that does not answer, a policy that cannot be written.',
    registers,
  })
  const requests = new Counter({
    name: 'shoal_tracker_http_requests_total',
    help: 'HTTP requests by what they were for (rollouts, devices, events, …; monitoring, dashboard) and status; aborted: nobody waited for the answer.',
    labelNames: ['route', 'status'] as const,
    registers,
  })
  const streams = new Gauge({
    name: 'shoal_tracker_event_streams',
    help: 'Streams of events that are open: dashboards, mostly.',
    registers,
  })
  const storeSeconds = new Histogram({
    name: 'shoal_tracker_store_duration_seconds',
    help: 'How long operations of the store took, failed ones too, by operation: takeReports, change, devices and so on.',
    labelNames: ['operation'] as const,
    buckets: STORE_SECONDS,
    registers,
  })
  const webhooks = new Counter({
    name: 'shoal_tracker_webhook_attempts_total',
    help: 'Attempts to tell a webhook of an event, by outcome: delivered, failed (tried again later), gone (status 410: it wants nothing more).',
    labelNames: ['outcome'] as const,
    registers,
  })
  const reading = (name: string, help: string, read: () => number | undefined): void =>
    addReading(registry, { name, help, read })
  reading('shoal_tracker_peers', 'Peers that announced lately and can be handed out.', levels.peers)
  reading('shoal_tracker_topics', 'Topics that at least one such peer follows.', levels.topics)
  reading(
    'shoal_tracker_broker_connected',
    'Whether there is a connection to the MQTT broker: 1, else 0. Absent where none is configured.',
    () => {
      const isConnected = levels.broker?.()
      return isConnected === undefined ? undefined : Number(isConnected)
    },
  )
  reading('shoal_tracker_connections', 'Open libp2p connections, in both directions.', levels.connections)

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
    failed: (code) => failures.inc({ code }),
    faulted: () => faults.inc(),
    requested: (route, status) => requests.inc({ route, status }),
    streaming: (change) => streams.inc(change),
    stored: (operation, seconds) => storeSeconds.observe({ operation }, seconds),
    toldWebhook: (outcome) => webhooks.inc({ outcome }),
  }
}
