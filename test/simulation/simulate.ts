/**
 * Many peers' swarm cores under one virtual clock: bytes flow through shaped links, decisions come from the real planner.
 * Time advances in steps; within a step every link shares its bytes evenly among its transfers. Left out: latency,
 * connection set-up, discovery (everyone knows everyone from the start), verification time.
 */
import {
  applyEvent,
  bitmapBytes,
  createSwarm,
  DEFAULT_POLICY,
  isComplete,
  ORIGIN,
  planRequests,
  type Decision,
  type SwarmPolicy,
  type SwarmState,
} from '@shoal/peer'

export interface SimulatedPeer {
  name: string
  site: string
  /** When it starts, in ms. */
  startsMs?: number
  /** When it vanishes without a word. */
  diesMs?: number
  /** Bytes a second that it uploads; the LAN's rate when absent. */
  uploadRate?: number
  /** Has everything from the start. */
  complete?: boolean
  /** Delivers bytes that do not verify. */
  lies?: boolean
}

export interface Scenario {
  seed: number
  spans: number
  spanBytes: number
  peers: SimulatedPeer[]
  /** Bytes a second of each site's uplink, shared by origin and remote transfers. */
  uplinkRate: number
  lanRate: number
  policy?: Partial<SwarmPolicy>
  endsMs: number
}

export interface PeerOutcome {
  name: string
  doneMs: number | undefined
  originBytes: number
  wastedBytes: number
  reasons: Record<string, number>
}

export interface Outcome {
  peers: PeerOutcome[]
  /** Bytes from the origin by site. */
  originBytes: Map<string, number>
}

interface Transfer {
  span: number
  from: string
  leftBytes: number
}

interface Actor extends SimulatedPeer {
  core: SwarmState
  transfers: Map<string, Transfer>
  outcome: PeerOutcome
  alive: boolean
}

const STEP_MS = 20

export function simulate(scenario: Scenario): Outcome {
  const random = seededRandom(scenario.seed)
  const actors = new Map<string, Actor>()
  const originBytes = new Map<string, number>()

  for (let nowMs = 0; nowMs <= scenario.endsMs; nowMs += STEP_MS) {
    for (const peer of scenario.peers) {
      if (!actors.has(peer.name) && (peer.startsMs ?? 0) <= nowMs) start(peer, nowMs)
      const actor = actors.get(peer.name)
      if (actor?.alive === true && peer.diesMs !== undefined && peer.diesMs <= nowMs) die(actor)
    }
    for (const actor of actors.values()) {
      if (!actor.alive) continue
      for (const decision of planRequests(actor.core, nowMs)) carryOut(actor, decision, nowMs)
    }
    move(nowMs)
    if ([...actors.values()].every((each) => !each.alive || each.outcome.doneMs !== undefined) && allStarted(nowMs))
      break
  }
  return { peers: [...actors.values()].map((actor) => actor.outcome), originBytes }

  function allStarted(nowMs: number): boolean {
    return scenario.peers.every((peer) => (peer.startsMs ?? 0) <= nowMs)
  }

  function start(peer: SimulatedPeer, nowMs: number): void {
    const spanBytes = new Uint32Array(scenario.spans).fill(peer.complete === true ? 0 : scenario.spanBytes)
    const policy = { ...DEFAULT_POLICY, originFromMs: nowMs, gentleUntilMs: nowMs + 1_000, ...scenario.policy }
    const actor: Actor = {
      ...peer,
      core: createSwarm(peer.name, spanBytes, policy, random, nowMs),
      transfers: new Map(),
      alive: true,
      outcome: {
        name: peer.name,
        doneMs: peer.complete === true ? nowMs : undefined,
        originBytes: 0,
        wastedBytes: 0,
        reasons: {},
      },
    }
    for (const other of actors.values()) {
      if (!other.alive) continue
      const local = other.site === actor.site
      applyEvent(actor.core, { type: 'joined', peer: other.name, local, spans: bitmapOf(other), nowMs })
      applyEvent(other.core, { type: 'joined', peer: actor.name, local, spans: bitmapOf(actor), nowMs })
      for (const { span, from } of other.transfers.values())
        if (isFromBeyond(other, from))
          applyEvent(actor.core, { type: 'fetching', peer: other.name, span, began: true, nowMs })
    }
    actors.set(peer.name, actor)
  }

  function die(actor: Actor): void {
    actor.alive = false
    for (const other of actors.values()) {
      if (other === actor) continue
      applyEvent(other.core, { type: 'left', peer: actor.name })
      for (const [key, transfer] of other.transfers) if (transfer.from === actor.name) other.transfers.delete(key)
    }
  }

  function isFromBeyond({ site }: Actor, from: string): boolean {
    return from === ORIGIN || actors.get(from)?.site !== site
  }

  function tellFetching(actor: Actor, span: number, began: boolean, nowMs: number): void {
    for (const other of actors.values())
      if (other !== actor && other.alive)
        applyEvent(other.core, { type: 'fetching', peer: actor.name, span, began, nowMs })
  }

  function carryOut(actor: Actor, decision: Decision, nowMs: number): void {
    if (decision.type === 'ban') return
    if (isFromBeyond(actor, decision.from)) tellFetching(actor, decision.span, decision.type === 'request', nowMs)
    const key = `${decision.from} ${decision.span}`
    if (decision.type === 'cancel') {
      const cancelled = actor.transfers.get(key)
      if (cancelled !== undefined) actor.outcome.wastedBytes += scenario.spanBytes - cancelled.leftBytes
      actor.transfers.delete(key)
      return
    }
    actor.outcome.reasons[decision.reason] = (actor.outcome.reasons[decision.reason] ?? 0) + 1
    actor.transfers.set(key, { span: decision.span, from: decision.from, leftBytes: scenario.spanBytes })
  }

  /** A peer serves one span at a time to each asker; the origin serves the first few ranges of each asker. */
  function move(nowMs: number): void {
    const active: { actor: Actor; key: string; transfer: Transfer }[] = []
    for (const actor of actors.values()) {
      const busy = new Map<string, number>()
      for (const [key, transfer] of actor.transfers) {
        const count = busy.get(transfer.from) ?? 0
        if (count >= (transfer.from === ORIGIN ? 4 : 1)) continue
        busy.set(transfer.from, count + 1)
        active.push({ actor, key, transfer })
      }
    }
    const load = new Map<string, number>()
    const linksOf = ({ actor, transfer }: { actor: Actor; transfer: Transfer }): string[] => {
      const sender = actors.get(transfer.from)
      if (sender === undefined) return [`uplink ${actor.site}`]
      const links = [`send ${sender.name}`, `receive ${actor.name}`]
      return sender.site === actor.site ? links : [...links, `uplink ${actor.site}`, `uplink ${sender.site}`]
    }
    for (const each of active) for (const link of linksOf(each)) load.set(link, (load.get(link) ?? 0) + 1)
    const rateOf = (link: string): number => {
      if (link.startsWith('uplink')) return scenario.uplinkRate
      return link.startsWith('send') ? (actors.get(link.slice(5))?.uploadRate ?? scenario.lanRate) : scenario.lanRate
    }
    for (const each of active) {
      const share = Math.min(...linksOf(each).map((link) => rateOf(link) / (load.get(link) ?? 1)))
      deliver(each.actor, each.key, each.transfer, (share * STEP_MS) / 1000, nowMs + STEP_MS)
    }
  }

  function deliver(actor: Actor, key: string, transfer: Transfer, bytes: number, nowMs: number): void {
    const { span, from } = transfer
    const moved = Math.min(bytes, transfer.leftBytes)
    if (moved <= 0) return
    transfer.leftBytes -= moved
    if (from === ORIGIN) {
      actor.outcome.originBytes += moved
      originBytes.set(actor.site, (originBytes.get(actor.site) ?? 0) + moved)
    }
    applyEvent(actor.core, { type: 'progress', from, span, bytes: moved, nowMs })
    if (transfer.leftBytes > 0.5) return
    actor.transfers.delete(key)
    if (actors.get(from)?.lies === true) {
      actor.outcome.wastedBytes += scenario.spanBytes
      tellFetching(actor, span, false, nowMs)
      return applyEvent(actor.core, { type: 'failed', from, span, cause: 'corrupt', nowMs })
    }
    applyEvent(actor.core, { type: 'done', from, span, nowMs })
    if (isComplete(actor.core)) actor.outcome.doneMs ??= nowMs
    for (const other of actors.values()) {
      if (other !== actor && other.alive) applyEvent(other.core, { type: 'have', peer: actor.name, span, nowMs })
    }
  }

  function bitmapOf(actor: Actor): Uint8Array {
    const spans = new Uint8Array(bitmapBytes(scenario.spans))
    for (let span = 0; span < scenario.spans; span++) {
      if (actor.core.status[span] === 2) spans[span >> 3] = (spans[span >> 3] ?? 0) | (1 << (span & 7))
    }
    return spans
  }
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
