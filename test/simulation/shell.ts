/**
 * The shell around each core: lets it hear, lets it think, carries out what it decides. It does what the daemon's shell does
 * (`packages/peer/src/download`), with one saving: what neighbours say makes a peer think again only after a pause.
 */
import { applyEvent, isComplete, ORIGIN, planRequests, type Decision, type Reason } from '@shoal/peer'
import { isBeyond, isHeld, setHeld, type Actor, type Transfer, type World } from './actor.ts'
import type { Clock } from './clock.ts'
import type { Word } from './inbox.ts'
import type { Wire } from './wires.ts'

export interface Shell {
  /** From now on it thinks, until it has everything or dies. */
  begin(actor: Actor): void
  /** Everything on its way to it is lost, and nothing comes from it any more. */
  die(actor: Actor): void
  /** A neighbour of it is gone, with what was on its way from there. */
  lost(actor: Actor, neighbour: Actor): void
  /** Something was heard that it may think about, when it has not just done so. */
  nudge(actor: Actor, heardMs: number): void
  /** Told to a new neighbour: what is on its way already. */
  tellFetched(actor: Actor, to: Actor): void
}

interface ShellDeps {
  world: World
  clock: Clock
  /** None where the origin is without limit. */
  originWire: Wire | undefined
  byName: ReadonlyMap<string, Actor>
  onGain(): void
  onComplete(actor: Actor): void
  onBan(actor: Actor, peer: Actor): void
}

/** From one peer to another, in the site and beyond. */
const NEAR_MS = 1
const FAR_MS = 25
/** Ranges that the origin's client asks for at once; of a neighbour, answers come one after another. */
const ORIGIN_AT_ONCE = 4
/** As the origin's client has it: without a byte for so long, a request has failed. */
const ORIGIN_PATIENCE_MS = 15_000
const TICK_MIN_MS = 100
const TICK_MAX_MS = 4_000

export function createShell(deps: ShellDeps): Shell {
  const { world, clock } = deps
  const { spanBytes, scenario } = world
  // What neighbours say waits for as long as a few spans take on the LAN.
  const pauseMs = (4 * scenario.spanBytes * 1000) / scenario.lanRate
  const tickMs = Math.min(TICK_MAX_MS, Math.max(TICK_MIN_MS, 4 * pauseMs))

  function wakeBy(actor: Actor, ms: number): void {
    if (ms >= actor.wakeMs || !isAtWork(actor)) return
    actor.wakeMs = ms
    clock.at(ms, actor.wake)
  }

  function nudge(actor: Actor, heardMs: number): void {
    wakeBy(actor, Math.max(heardMs, actor.thoughtMs + pauseMs))
  }

  function think(actor: Actor): void {
    const nowMs = clock.nowMs
    actor.thoughtMs = nowMs
    listen(actor)
    for (const decision of planRequests(actor.core, nowMs)) carryOut(actor, decision)
    completeIfDone(actor)
  }

  function listen(actor: Actor): void {
    const { core, neighbours } = actor
    const nowMs = clock.nowMs
    actor.inbox.take(nowMs, (from, word, span) => {
      if (!neighbours.has(from)) return
      const peer = from.peer.name
      if (word === 'have') applyEvent(core, { type: 'have', peer, span, nowMs })
      else applyEvent(core, { type: 'fetching', peer, span, began: word === 'began', nowMs })
    })
  }

  function completeIfDone(actor: Actor): void {
    if (actor.isComplete || !isComplete(actor.core)) return
    actor.isComplete = true
    actor.outcome.doneMs = clock.nowMs
    actor.inbox.clear()
    deps.onComplete(actor)
  }

  /**
   * Another site hears of a span once, from whom it came to, and of nothing under way; and it hears with the next tick. Who
   * can ask for nothing more is left alone.
   */
  function tell(actor: Actor, word: Word, span: number, isForAll = false): void {
    for (const other of actor.neighbours) {
      const isNear = other.site === actor.site
      if (!isAtWork(other) || (!isNear && !isForAll) || isApart(actor, other)) continue
      const arrivesMs = clock.nowMs + (isNear ? NEAR_MS : FAR_MS)
      actor.outcome.sent[word === 'have' ? 'have' : 'fetching']++
      other.inbox.put(arrivesMs, isNear, actor, word, span)
      const { inFlightBytes, policy } = other.core
      if (isNear && inFlightBytes < policy.inFlightBytesMax)
        wakeBy(other, Math.max(arrivesMs, other.thoughtMs + pauseMs))
    }
  }

  function carryOut(actor: Actor, decision: Decision): void {
    if (decision.type === 'ban') {
      const peer = deps.byName.get(decision.peer)
      actor.outcome.bans++
      if (peer !== undefined) deps.onBan(actor, peer)
    } else if (decision.type === 'renew') {
      // Simulated packets are not lost.
      return
    } else if (decision.type === 'cancel') {
      if (decision.from !== ORIGIN) actor.outcome.sent.cancel++
      const transfer = actor.transfers.get(keyOf(decision.from, decision.span))
      if (transfer !== undefined) drop(actor, transfer)
    } else {
      ask(actor, decision.from, decision.span, decision.reason)
    }
  }

  function ask(actor: Actor, from: string, span: number, reason: Reason): void {
    const sender = deps.byName.get(from)
    const bytes = spanBytes[span] ?? 0
    const transfer: Transfer = {
      span,
      from,
      sender,
      reason,
      bytes,
      flow: undefined,
      toldBytes: 0,
      movedMs: clock.nowMs,
    }
    actor.transfers.set(keyOf(from, span), transfer)
    if (sender !== undefined) actor.outcome.sent.request++
    if (isBeyond(actor, sender) && !actor.fetched.has(span)) {
      actor.fetched.add(span)
      tell(actor, 'began', span)
    }
    const queue = actor.queues.get(from)
    if (queue === undefined) actor.queues.set(from, [transfer])
    else queue.push(transfer)
    advance(actor, from)
  }

  /** Lets flow what is next of a source. */
  function advance(actor: Actor, from: string): void {
    const queue = actor.queues.get(from) ?? []
    if (queue.length === 0) actor.queues.delete(from)
    for (const transfer of queue.slice(0, from === ORIGIN ? ORIGIN_AT_ONCE : 1)) {
      if (transfer.flow !== undefined || transfer.sender?.isAlive === false) continue
      transfer.movedMs = clock.nowMs
      transfer.flow = world.wires.flow(wiresOf(actor, transfer.sender), transfer.bytes, () => arrived(actor, transfer))
    }
  }

  function wiresOf(actor: Actor, sender: Actor | undefined): Wire[] {
    if (sender === undefined) {
      const wires = [actor.site.down, actor.down]
      return deps.originWire === undefined ? wires : [...wires, deps.originWire]
    }
    const wires = [sender.up, actor.down]
    return sender.site === actor.site ? wires : [...wires, sender.site.up, actor.site.down]
  }

  function arrived(actor: Actor, transfer: Transfer): void {
    const { from, span, sender, bytes } = transfer
    const nowMs = clock.nowMs
    forget(actor, transfer)
    if (sender?.peer.lies === true) {
      waste(actor, transfer, bytes)
      fetchesNoMore(actor, span)
      applyEvent(actor.core, { type: 'failed', from, span, cause: 'corrupt', nowMs })
    } else {
      if (isHeld(actor.held, span)) waste(actor, transfer, bytes)
      else gain(actor, transfer)
      applyEvent(actor.core, { type: 'done', from, span, nowMs })
      completeIfDone(actor)
    }
    wakeBy(actor, nowMs)
    advance(actor, from)
  }

  function gain(actor: Actor, { span, sender, bytes, reason }: Transfer): void {
    const { outcome } = actor
    setHeld(actor.held, span)
    deps.onGain()
    outcome[sender === undefined ? 'originBytes' : isBeyond(actor, sender) ? 'wanBytes' : 'lanBytes'] += bytes
    outcome.reasons[reason] = (outcome.reasons[reason] ?? 0) + 1
    tell(actor, 'have', span, actor.fetched.delete(span))
  }

  function fetchesNoMore(actor: Actor, span: number): void {
    if (actor.fetched.delete(span)) tell(actor, 'gave-up', span)
  }

  function forget(actor: Actor, transfer: Transfer): void {
    actor.transfers.delete(keyOf(transfer.from, transfer.span))
    const queue = actor.queues.get(transfer.from)
    queue?.splice(queue.indexOf(transfer), 1)
  }

  function waste({ outcome, site }: Actor, { sender }: Transfer, bytes: number): void {
    outcome.wastedBytes += bytes
    if (sender?.site !== site) outcome.wastedUplinkBytes += bytes
  }

  /** What came of it is thrown away. */
  function drop(actor: Actor, transfer: Transfer): void {
    forget(actor, transfer)
    if (transfer.flow !== undefined) {
      transfer.flow.stop()
      waste(actor, transfer, transfer.bytes - transfer.flow.leftBytes())
    }
    fetchesNoMore(actor, transfer.span)
    advance(actor, transfer.from)
  }

  function tick(actor: Actor): void {
    if (!isAtWork(actor)) return
    const nowMs = clock.nowMs
    clock.at(nowMs + tickMs, () => tick(actor))
    if (actor.isPaused) return
    for (const transfer of actor.transfers.values()) progress(actor, transfer)
    for (const transfer of [...actor.transfers.values()]) {
      const { from, span, flow, movedMs } = transfer
      if (from !== ORIGIN || flow === undefined || nowMs - movedMs < ORIGIN_PATIENCE_MS) continue
      drop(actor, transfer)
      applyEvent(actor.core, { type: 'failed', from, span, cause: 'lost', nowMs })
    }
    wakeBy(actor, nowMs)
  }

  function progress(actor: Actor, transfer: Transfer): void {
    if (transfer.flow === undefined) return
    const bytes = Math.floor(transfer.bytes - transfer.flow.leftBytes() - transfer.toldBytes)
    if (bytes <= 0) return
    transfer.toldBytes += bytes
    transfer.movedMs = clock.nowMs
    applyEvent(actor.core, { type: 'progress', from: transfer.from, span: transfer.span, bytes, nowMs: clock.nowMs })
  }

  return {
    begin(actor) {
      actor.wake = () => {
        if (clock.nowMs !== actor.wakeMs) return
        actor.wakeMs = Infinity
        if (isAtWork(actor) && !actor.isPaused) think(actor)
      }
      if (isAtWork(actor)) tick(actor)
    },
    die(actor) {
      actor.isAlive = false
      actor.wakeMs = Infinity
      actor.inbox.clear()
      actor.fetched.clear()
      for (const transfer of [...actor.transfers.values()]) drop(actor, transfer)
      for (const other of actor.neighbours)
        for (const transfer of other.transfers.values()) if (transfer.sender === actor) transfer.flow?.stop()
    },
    lost(actor, neighbour) {
      if (!isAtWork(actor)) return
      applyEvent(actor.core, { type: 'left', peer: neighbour.peer.name })
      for (const transfer of [...actor.transfers.values()]) if (transfer.sender === neighbour) drop(actor, transfer)
      wakeBy(actor, clock.nowMs)
    },
    nudge,
    tellFetched(actor, to) {
      for (const span of actor.fetched)
        applyEvent(to.core, { type: 'fetching', peer: actor.peer.name, span, began: true, nowMs: clock.nowMs })
    },
  }
}

/** Whether nothing passes between the two at the moment. */
export function isApart(a: Actor, b: Actor): boolean {
  return a.site !== b.site && (a.site.isCut || b.site.isCut)
}

/** Whether it is there and wants anything. */
export function isAtWork({ hasBegun, isAlive, isComplete }: Actor): boolean {
  return hasBegun && isAlive && !isComplete
}

function keyOf(from: string, span: number): string {
  return `${from} ${span}`
}
