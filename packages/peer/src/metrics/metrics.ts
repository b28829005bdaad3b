/** What the daemon counts of itself for Prometheus: base units, `_total` for counters, and never a label per peer, site or digest. */
import { addReading, createRegistry } from '@shoal/cli/metrics'
import { Counter, type Registry } from 'prom-client'
import type { PeerStatus } from '../control/index.ts'
import type { Account } from '../download/account.ts'
import type { Step } from '../rollout/index.ts'
import { READINGS } from './readings.ts'

export interface PeerMetrics {
  readonly registry: Registry
  /** What arrived since the same account was last shown. */
  moved(account: Account): void
  /** A release is whole here. `wasHeld`: by a cache. */
  installed(account: Account, how: { isHeld: boolean }): void
  stepped(step: Step['step']): void
  failed(): void
}

export function createPeerMetrics(status: () => PeerStatus): PeerMetrics {
  const registry = createRegistry()
  for (const { read, ...reading } of READINGS) addReading(registry, { ...reading, read: () => read(status()) })
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const received = counter(
    'shoal_peer_received_bytes_total',
    'Content of releases by source: lan_peer, cache, wan_peer, origin; reused (from the release before) and patched, which moved over no network.',
    'source',
  )
  const origin = counter(
    'shoal_peer_origin_bytes_total',
    'Content from the origin by why it was asked: alone, owner, hedge, holders-failed, floor, endgame.',
    'reason',
  )
  const wasted = counter(
    'shoal_peer_wasted_bytes_total',
    'What was received on top of it and thrown away, by reason: corrupt, duplicate, cancelled, origin.',
    'reason',
  )
  const installs = counter(
    'shoal_peer_installs_total',
    'Releases by what became of them here: activated, healthy, failed, returned (to the one before); of a cache, held.',
    'outcome',
  )
  const failures = counter(
    'shoal_peer_failed_rounds_total',
    'Attempts to follow a target that failed; each is made again.',
  )
  const differenceOf = createDifference()

  return {
    registry,
    moved(account) {
      const difference = differenceOf(account)
      add(received, 'source', difference.received)
      add(origin, 'reason', difference.origin)
      add(wasted, 'reason', difference.wasted)
    },
    installed({ bytes }, { isHeld }) {
      received.inc({ source: 'reused' }, bytes.reused)
      if (isHeld) installs.inc({ outcome: 'held' })
    },
    stepped(step) {
      if (OUTCOMES.includes(step)) installs.inc({ outcome: step })
    },
    failed: () => failures.inc(),
  }
}

const OUTCOMES: readonly Step['step'][] = ['activated', 'healthy', 'failed', 'returned']

function add<Label extends string>(counter: Counter<Label>, label: Label, counts: Counts): void {
  for (const [value, count] of Object.entries(counts)) {
    if (count > 0) counter.inc({ [label]: value } as Record<Label, string>, count)
  }
}

type Counts = Record<string, number>
type Seen = Record<'received' | 'origin' | 'wasted', Counts>

/** An account is shown again and again while it grows. */
function createDifference(): (account: Account) => Seen {
  const seen = new WeakMap<Account, Seen>()
  return (account) => {
    const { bytes, originBytes, wasted } = account
    const { lanPeers: lan_peer, wanPeers: wan_peer, cache, origin, patched } = bytes
    const now = {
      received: { lan_peer, wan_peer, cache, origin, patched },
      origin: { ...originBytes },
      wasted: { ...wasted },
    }
    const before = seen.get(account)
    seen.set(account, now)
    return {
      received: minus(now.received, before?.received),
      origin: minus(now.origin, before?.origin),
      wasted: minus(now.wasted, before?.wasted),
    }
  }
}

function minus(now: Counts, before: Counts = {}): Counts {
  return Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)]))
}
