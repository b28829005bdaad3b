/**
 * Many peers' swarm cores under one virtual clock: bytes flow through shared wires, decisions come from the real planner.
 * What is left out stands in docs/scale.md.
 */
import { createActor, createCore, type Actor, type Site, type World } from './actor.ts'
import { isCounted } from './bound.ts'
import { createClock, type Clock } from './clock.ts'
import { createMesh, type Mesh } from './mesh.ts'
import { seededRandom } from './random.ts'
import type { Cut, Outcome, Scenario } from './scenario.ts'
import { createShell } from './shell.ts'
import { createWires } from './wires.ts'

export interface SimulationProgress {
  nowMs: number
  complete: number
  /** By all peers together. */
  spansHeld: number
}

/** Until neighbours find that nothing comes any more from who vanished, or whose site was cut off. */
export const NOTICED_AFTER_MS = 10_000
/** Those who were cut off connect again within so long. */
const RECONNECT_MS = 5_000
const REPORT_EVENTS = 100_000

export function simulate(scenario: Scenario, onProgress?: (progress: SimulationProgress) => void): Outcome {
  const clock = createClock()
  const random = seededRandom(scenario.seed)
  const wires = createWires(clock)
  const world: World = { scenario, spanBytes: spansOf(scenario), random, wires }
  const byName = new Map<string, Actor>()
  const sites = new Map<string, Site>()
  /** Who is still expected to end with everything. */
  let waitedFor = scenario.peers.filter(isCounted).length
  let complete = 0
  let spansHeld = 0

  const shell = createShell({
    world,
    clock,
    originWire: scenario.originRate === undefined ? undefined : wires.wire(scenario.originRate),
    byName,
    onGain() {
      spansHeld++
    },
    onComplete(actor) {
      complete++
      if (isCounted(actor.peer)) waitedFor--
      mesh.complete(actor)
    },
    onBan: (actor, peer) => mesh.part(actor, peer),
  })
  const mesh: Mesh = createMesh(clock, shell, random)

  for (const peer of scenario.peers) byName.set(peer.name, createActor(peer, siteOf(peer.site), world))
  mesh.enter([...byName.values()])
  for (const actor of byName.values()) {
    const { startsMs = 0, diesMs, pausesMs, resumesMs } = actor.peer
    clock.at(startsMs, () => begin(actor))
    if (diesMs !== undefined) clock.at(diesMs, () => vanish(actor))
    if (pausesMs !== undefined) clock.at(pausesMs, () => setPaused(actor, true))
    if (resumesMs !== undefined) clock.at(resumesMs, () => setPaused(actor, false))
  }
  for (const cut of scenario.cuts ?? []) scheduleCut(clock, cut)

  let events = 0
  clock.run(scenario.endsMs, () => {
    if (++events % REPORT_EVENTS === 0) onProgress?.({ nowMs: clock.nowMs, complete, spansHeld })
    return waitedFor === 0
  })
  return { peers: [...byName.values()].map(({ outcome }) => outcome), endedMs: clock.nowMs }

  function siteOf(name: string): Site {
    const known = sites.get(name)
    if (known !== undefined) return known
    const rate = scenario.uplinkRate
    const site: Site = { name, down: wires.wire(rate), up: wires.wire(rate), isCut: false }
    sites.set(name, site)
    return site
  }

  function begin(actor: Actor): void {
    actor.hasBegun = true
    shell.begin(actor)
    mesh.begin(actor)
  }

  function setPaused(actor: Actor, isPaused: boolean): void {
    const rate = isPaused ? 0 : (actor.peer.rate ?? scenario.lanRate)
    wires.setRate(actor.up, rate)
    wires.setRate(actor.down, rate)
    actor.isPaused = isPaused
    if (!isPaused) shell.nudge(actor, clock.nowMs)
  }

  function vanish(actor: Actor): void {
    const { returnsMs } = actor.peer
    shell.die(actor)
    clock.at(clock.nowMs + NOTICED_AFTER_MS, () => mesh.leave(actor))
    if (returnsMs === undefined) return
    clock.at(Math.max(returnsMs, clock.nowMs + NOTICED_AFTER_MS), () => {
      actor.isAlive = true
      if (!actor.isComplete) actor.core = createCore(actor.peer, actor.held, world, clock.nowMs)
      shell.begin(actor)
      mesh.enter([actor])
    })
  }

  function scheduleCut(clock: Clock, { site: name, fromMs, toMs }: Cut): void {
    const site = siteOf(name)
    const parted: [Actor, Actor][] = []
    clock.at(fromMs, () => {
      site.isCut = true
      wires.setRate(site.down, 0)
      wires.setRate(site.up, 0)
    })
    clock.at(Math.min(toMs, fromMs + NOTICED_AFTER_MS), () => {
      for (const actor of byName.values())
        if (actor.site === site)
          for (const other of [...actor.neighbours]) {
            if (other.site === site) continue
            parted.push([actor, other])
            mesh.part(actor, other)
          }
    })
    clock.at(toMs, () => {
      site.isCut = false
      wires.setRate(site.down, scenario.uplinkRate)
      wires.setRate(site.up, scenario.uplinkRate)
      for (const [a, b] of parted) clock.at(clock.nowMs + RECONNECT_MS * random(), () => mesh.meet(a, b))
    })
  }
}

function spansOf({ sizeBytes, spanBytes }: Scenario): Uint32Array {
  const spans = new Uint32Array(Math.ceil(sizeBytes / spanBytes)).fill(spanBytes)
  spans[spans.length - 1] = sizeBytes - (spans.length - 1) * spanBytes
  return spans
}
