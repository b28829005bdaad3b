/** One simulated peer: its core, its wires, whom it knows, what it has, and what is on its way to it. */
import { bitmapBytes, createSwarm, DEFAULT_POLICY, type Reason, type SwarmState } from '@shoal/peer'
import { createInbox, type Inbox } from './inbox.ts'
import type { PeerOutcome, Scenario, SimulatedPeer } from './scenario.ts'
import type { Flow, Wire, Wires } from './wires.ts'

export interface Site {
  readonly name: string
  /** Its uplink; apart by direction. */
  readonly down: Wire
  readonly up: Wire
  isCut: boolean
}

export interface Transfer {
  readonly span: number
  readonly from: string
  /** None is the origin. */
  readonly sender: Actor | undefined
  readonly reason: Reason
  readonly bytes: number
  /** Nothing flows while it waits for its turn. */
  flow: Flow | undefined
  /** As far as the core knows. */
  toldBytes: number
  /** When it began, or bytes last moved. */
  movedMs: number
}

export interface Actor {
  readonly peer: SimulatedPeer
  readonly site: Site
  readonly up: Wire
  readonly down: Wire
  readonly outcome: PeerOutcome
  core: SwarmState
  /** Whether it has heard of the release. */
  hasBegun: boolean
  isAlive: boolean
  isPaused: boolean
  isComplete: boolean
  /** A bitmap of the spans that it has, or claims to. */
  readonly held: Uint8Array
  readonly neighbours: Set<Actor>
  readonly transfers: Map<string, Transfer>
  /** By source, in the order in which they were asked for. */
  readonly queues: Map<string, Transfer[]>
  /** Spans that it said it fetches. */
  readonly fetched: Set<number>
  readonly inbox: Inbox
  /** When it thought last, and when it does next. */
  thoughtMs: number
  wakeMs: number
  wake: () => void
}

/** The core's window is meant for spans of 1 MiB; larger ones get one that holds as many as keep neighbours and uplink busy. */
const IN_FLIGHT_SPANS = 8
const GENTLE_MS = 1_000

export interface World {
  readonly scenario: Scenario
  readonly spanBytes: Uint32Array
  readonly random: () => number
  readonly wires: Wires
}

/** A peer that is there, and has not heard of the release. */
export function createActor(peer: SimulatedPeer, site: Site, world: World): Actor {
  const startsMs = peer.startsMs ?? 0
  const { scenario, wires, spanBytes } = world
  const held = new Uint8Array(bitmapBytes(spanBytes.length))
  const hasAll = peer.complete === true || peer.lies === true
  if (hasAll) for (let span = 0; span < spanBytes.length; span++) setHeld(held, span)
  return {
    peer,
    site,
    up: wires.wire(peer.rate ?? scenario.lanRate),
    down: wires.wire(peer.rate ?? scenario.lanRate),
    outcome: {
      peer,
      doneMs: peer.complete === true ? startsMs : undefined,
      originBytes: 0,
      wanBytes: 0,
      lanBytes: 0,
      wastedBytes: 0,
      wastedUplinkBytes: 0,
      reasons: {},
      sent: { available: 0, have: 0, fetching: 0, request: 0, cancel: 0 },
      neighboursMost: 0,
      bans: 0,
    },
    core: createCore(peer, held, world, startsMs),
    hasBegun: false,
    isAlive: true,
    isPaused: false,
    isComplete: hasAll,
    held,
    neighbours: new Set(),
    transfers: new Map(),
    queues: new Map(),
    fetched: new Set(),
    inbox: createInbox(),
    thoughtMs: -Infinity,
    wakeMs: Infinity,
    wake: () => undefined,
  }
}

/** As a peer has it that starts, with what is on its disk. */
export function createCore(peer: SimulatedPeer, held: Uint8Array, world: World, nowMs: number): SwarmState {
  const { scenario, spanBytes, random } = world
  const toFetch = spanBytes.map((bytes, span) => (isHeld(held, span) ? 0 : bytes))
  const policy = {
    ...DEFAULT_POLICY,
    inFlightBytesMax: Math.max(DEFAULT_POLICY.inFlightBytesMax, IN_FLIGHT_SPANS * scenario.spanBytes),
    originFromMs: nowMs,
    gentleUntilMs: nowMs + GENTLE_MS,
    ...scenario.policy,
  }
  return createSwarm(peer.name, toFetch, policy, random, nowMs)
}

export function isHeld(held: Uint8Array, span: number): boolean {
  return (((held[span >> 3] ?? 0) >> (span & 7)) & 1) === 1
}

export function setHeld(held: Uint8Array, span: number): void {
  held[span >> 3] = (held[span >> 3] ?? 0) | (1 << (span & 7))
}

/** Whether something passes an uplink between the two; the origin is beyond all. */
export function isBeyond(actor: Actor, sender: Actor | undefined): boolean {
  return sender?.site !== actor.site
}
