/**
 * Bytes on their way through wires of limited rates. Each wire is shared evenly among its flows, except that what a flow
 * cannot use, because another wire holds it back, goes to the rest: max-min fairness, kept by solving one wire after another
 * from the one that changed until nothing changes any more.
 */
import type { Clock } from './clock.ts'

/** Made here, and only named by others. */
export interface Wire {
  /** Bytes a second; 0 while it is cut. */
  rate: number
  flows: MutableFlow[]
  /** What each flow may have that is not held back elsewhere; Infinity while all are. */
  share: number
  isDirty: boolean
}

export interface Flow {
  /** What is left to move, as of now. */
  leftBytes(): number
  /** Bytes a second, now. */
  readonly rate: number
  stop(): void
}

export interface Wires {
  wire(rate: number): Wire
  /** A wire of the flow that is infinitely fast need not be named. */
  flow(wires: readonly Wire[], bytes: number, onDone: () => void): Flow
  setRate(wire: Wire, rate: number): void
}

interface MutableFlow {
  wires: Wire[]
  left: number
  rate: number
  sinceMs: number
  /** When it is looked at next. */
  wakeMs: number
  wake: () => void
}

/** A wire of more flows than this is solved once in a while, not at every change. */
const CROWD_FLOWS = 100
const CROWD_MS = 100
/** Relative. A flow that could be faster by less than this is not, so that a change does not go round through all wires. */
const GAIN_MIN = 0.01
const LOSS_MIN = 1e-6
/** Wires solved in one go; what is still to do then is done with the next change. */
const VISITS_MAX = 2_000

export function createWires(clock: Clock): Wires {
  let dirty: Wire[] = []
  let isSettling = false

  function mark(wire: Wire): void {
    if (wire.isDirty) return
    wire.isDirty = true
    if (wire.flows.length > CROWD_FLOWS) {
      clock.at(clock.nowMs + CROWD_MS, () => enqueue(wire))
    } else {
      enqueue(wire)
    }
  }

  /** All changes of one instant are settled together. */
  function enqueue(wire: Wire): void {
    dirty.push(wire)
    if (isSettling) return
    isSettling = true
    clock.at(clock.nowMs, settle)
  }

  function settle(): void {
    let visits = 0
    for (; visits < dirty.length && visits < VISITS_MAX; visits++) {
      const wire = dirty[visits]
      if (wire === undefined) break
      wire.isDirty = false
      solve(wire)
    }
    dirty = dirty.slice(visits)
    isSettling = false
  }

  function solve(wire: Wire): void {
    wire.share = fairShare(
      wire.rate,
      wire.flows.map((flow) => limitElsewhere(flow, wire)),
    )
    for (const flow of wire.flows) {
      const rate = rateOf(flow)
      if (rate <= flow.rate * (1 + GAIN_MIN) && rate >= flow.rate * (1 - LOSS_MIN)) continue
      advance(flow)
      flow.rate = rate
      schedule(flow)
      for (const other of flow.wires) if (other !== wire) mark(other)
    }
  }

  function advance(flow: MutableFlow): void {
    flow.left = Math.max(0, flow.left - (flow.rate * (clock.nowMs - flow.sinceMs)) / 1000)
    flow.sinceMs = clock.nowMs
  }

  function schedule(flow: MutableFlow): void {
    if (flow.rate <= 0) return
    const dueMs = clock.nowMs + (flow.left * 1000) / flow.rate
    if (dueMs >= flow.wakeMs) return
    flow.wakeMs = dueMs
    clock.at(dueMs, flow.wake)
  }

  function detach(flow: MutableFlow): void {
    for (const wire of flow.wires) {
      const at = wire.flows.indexOf(flow)
      const last = wire.flows.pop()
      if (last !== undefined && last !== flow) wire.flows[at] = last
      mark(wire)
    }
    flow.wires = []
    flow.rate = 0
    flow.wakeMs = -1
  }

  return {
    wire: (rate) => ({ rate, flows: [], share: Infinity, isDirty: false }),
    flow(wires, bytes, onDone) {
      const flow: MutableFlow = {
        wires: [...wires],
        left: bytes,
        rate: 0,
        sinceMs: clock.nowMs,
        wakeMs: Infinity,
        wake() {
          if (clock.nowMs !== flow.wakeMs) return
          flow.wakeMs = Infinity
          advance(flow)
          // It became slower since this was due; or a rounding error is left.
          if (flow.left > 0.5) return schedule(flow)
          detach(flow)
          onDone()
        },
      }
      for (const wire of flow.wires) {
        wire.flows.push(flow)
        mark(wire)
      }
      return {
        leftBytes() {
          advance(flow)
          return flow.left
        },
        get rate() {
          return flow.rate
        },
        stop() {
          advance(flow)
          detach(flow)
        },
      }
    },
    setRate(wire, rate) {
      wire.rate = rate
      mark(wire)
    },
  }
}

function limitElsewhere(flow: MutableFlow, wire: Wire): number {
  let limit = Infinity
  for (const other of flow.wires) if (other !== wire) limit = Math.min(limit, other.share, other.rate)
  return limit
}

function rateOf(flow: MutableFlow): number {
  let rate = Infinity
  for (const wire of flow.wires) rate = Math.min(rate, wire.share, wire.rate)
  return rate
}

/** What each may have, so that together they use the rate; Infinity where their limits keep them below it. Sorts the limits. */
export function fairShare(rate: number, limits: number[]): number {
  limits.sort((a, b) => a - b)
  let rest = rate
  let count = limits.length
  for (const limit of limits) {
    if (limit * count >= rest) return Math.max(0, rest / count)
    rest -= limit
    count--
  }
  return Infinity
}
